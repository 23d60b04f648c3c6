namespace Zocalo;

// Varints: see WireReader. Always in as few bytes as the number needs.
public readonly ref partial struct WireWriter
{
    private const int LongestVarint = 10;

    /// <summary>Writes an unsigned LEB128 number, 1 to 5 bytes.</summary>
    public void WriteVarUInt32(uint value) => WriteVarUInt64(value);

    /// <summary>Writes an unsigned LEB128 number, 1 to 10 bytes.</summary>
    public void WriteVarUInt64(ulong value)
    {
        var room = _output.GetSpan(LongestVarint);
        var count = 0;
        for (; value >= 0x80; value >>= 7)
        {
            room[count++] = (byte)(value | 0x80);
        }
        room[count++] = (byte)value;
        _output.Advance(count);
    }

    /// <summary>Writes a signed ZigZag number, 1 to 5 bytes.</summary>
    public void WriteZigZagInt32(int value) => WriteVarUInt32((uint)((value << 1) ^ (value >> 31)));

    /// <summary>Writes a signed ZigZag number, 1 to 10 bytes.</summary>
    public void WriteZigZagInt64(long value) => WriteVarUInt64((ulong)((value << 1) ^ (value >> 63)));
}
