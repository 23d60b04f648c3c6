namespace Zocalo;

// Varints: LEB128, seven bits in each byte, the lowest first; the eighth bit says that another byte follows. DWARF and Protocol Buffers use
// it. Signed numbers are ZigZag-encoded first (Protocol Buffers' sint32 and sint64: 0, -1, 1, -2 become 0, 1, 2, 3), so that small negative
// numbers are short too.
//
// A number in more bytes than it needs is refused: two programs could disagree about a value that can be written in two ways. (Protocol
// Buffers accept such numbers and never write them.)
public ref partial struct WireReader
{
    private const int LongestVarint = 10;

    /// <summary>Reads an unsigned LEB128 number of up to 32 bits, 1 to 5 bytes.</summary>
    /// <exception cref="WireException">It is cut off, needs more than 32 bits, or has more bytes than it needs.</exception>
    public uint ReadVarUInt32() => (uint)TakeVarint(32);

    /// <summary>Reads what <see cref="ReadVarUInt32"/> does, if it is there and well-formed.</summary>
    public bool TryReadVarUInt32(out uint value)
    {
        var read = TryTakeVarint(32, out var number, out _);
        value = (uint)number;
        return read;
    }

    /// <summary>Reads an unsigned LEB128 number of up to 64 bits, 1 to 10 bytes. Protocol Buffers' int32 and int64 are read by this method
    /// too: cast the result.</summary>
    /// <exception cref="WireException">It is cut off, needs more than 64 bits, or has more bytes than it needs.</exception>
    public ulong ReadVarUInt64() => TakeVarint(64);

    /// <summary>Reads what <see cref="ReadVarUInt64"/> does, if it is there and well-formed.</summary>
    public bool TryReadVarUInt64(out ulong value) => TryTakeVarint(64, out value, out _);

    /// <summary>Reads a signed ZigZag number of up to 32 bits, 1 to 5 bytes.</summary>
    /// <exception cref="WireException">It is cut off, needs more than 32 bits, or has more bytes than it needs.</exception>
    public int ReadZigZagInt32() => (int)UnZigZag(TakeVarint(32));

    /// <summary>Reads what <see cref="ReadZigZagInt32"/> does, if it is there and well-formed.</summary>
    public bool TryReadZigZagInt32(out int value)
    {
        var read = TryTakeVarint(32, out var number, out _);
        value = (int)UnZigZag(number);
        return read;
    }

    /// <summary>Reads a signed ZigZag number of up to 64 bits, 1 to 10 bytes.</summary>
    /// <exception cref="WireException">It is cut off, needs more than 64 bits, or has more bytes than it needs.</exception>
    public long ReadZigZagInt64() => UnZigZag(TakeVarint(64));

    /// <summary>Reads what <see cref="ReadZigZagInt64"/> does, if it is there and well-formed.</summary>
    public bool TryReadZigZagInt64(out long value)
    {
        var read = TryTakeVarint(64, out var number, out _);
        value = UnZigZag(number);
        return read;
    }

    private static long UnZigZag(ulong number) => (long)(number >> 1) ^ -(long)(number & 1);

    private ulong TakeVarint(int bits)
    {
        if (!TryTakeVarint(bits, out var value, out var found))
        {
            Throw($"a varint of at most {bits} bits", found);
        }
        return value;
    }

    private bool TryTakeVarint(int bits, out ulong value, out string found)
    {
        var rest = _rest;
        if (rest.Length == 0 || rest[0] >= 0x80)
        {
            return TryTakeLongVarint(bits, out value, out found);
        }
        // One byte: by far the most frequent case.
        _rest = rest[1..];
        value = rest[0];
        found = "";
        return true;
    }

    private bool TryTakeLongVarint(int bits, out ulong value, out string found)
    {
        var bytes = Peek(stackalloc byte[LongestVarint]);
        found = bytes.IsEmpty ? "no bytes" : "its beginning only";
        value = 0;
        ulong number = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var next = bytes[i];
            var room = bits - (7 * i);
            if (room < 7 && next >> room != 0)      // here the bit for another byte is too much as well
            {
                found = "a longer one";
                return false;
            }
            number |= (ulong)(next & 0x7F) << (7 * i);
            if (next < 0x80)
            {
                if (next == 0 && i > 0)
                {
                    found = "one in more bytes than it needs";
                    return false;
                }
                Advance(i + 1);
                value = number;
                return true;
            }
        }
        return false;
    }
}
