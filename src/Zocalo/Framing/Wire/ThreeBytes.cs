namespace Zocalo.Framing.Wire;

/// <summary>Three bytes as they lie: the 24-bit integer that the machine does not have.</summary>
internal readonly struct ThreeBytes
{
    private readonly byte _first;
    private readonly byte _second;
    private readonly byte _third;

    /// <summary>The lowest 24 bits of <paramref name="value"/>.</summary>
    internal ThreeBytes(uint value, ByteOrder order)
    {
        var (high, middle, low) = ((byte)(value >> 16), (byte)(value >> 8), (byte)value);
        (_first, _second, _third) = order == ByteOrder.BigEndian ? (high, middle, low) : (low, middle, high);
    }

    internal uint Unsigned(ByteOrder order) => order == ByteOrder.BigEndian
        ? (uint)((_first << 16) | (_second << 8) | _third)
        : (uint)((_third << 16) | (_second << 8) | _first);

    internal int Signed(ByteOrder order) => (int)(Unsigned(order) << 8) >> 8;
}
