using System.Diagnostics;
using System.Globalization;
using Zocalo.Framing.Wire;

namespace Zocalo;

// Numbers: integers, floating-point numbers, decimal digits, varints.
public readonly ref partial struct WireWriter
{
    private const uint GreatestUInt24 = 0xFF_FFFF;
    private const int GreatestInt24 = 0x7F_FFFF;
    private const int LeastInt24 = -0x80_0000;
    private const int MostDigits = 18;
    private const int LongestDecimal = 20;
    private const int LongestVarint = 10;

    // Integers: two's complement where they are signed. Big-endian is the order of the Internet's own protocols, "network order" (RFC 1700,
    // Data Notations).

    /// <summary>Writes one byte.</summary>
    public void WriteByte(byte value) => Put(value);

    /// <summary>Writes a signed integer of one byte.</summary>
    public void WriteSByte(sbyte value) => Put(value);

    /// <summary>Writes a signed integer in two bytes, the most significant first.</summary>
    public void WriteInt16BigEndian(short value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes a signed integer in two bytes, the least significant first.</summary>
    public void WriteInt16LittleEndian(short value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an unsigned integer in two bytes, the most significant first.</summary>
    public void WriteUInt16BigEndian(ushort value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an unsigned integer in two bytes, the least significant first.</summary>
    public void WriteUInt16LittleEndian(ushort value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes a signed integer in three bytes, the most significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not within −2²³ (−8388608) to 2²³−1. Nothing was written.</exception>
    public void WriteInt24BigEndian(int value) => PutInt24(value, ByteOrder.BigEndian);

    /// <summary>Writes a signed integer in three bytes, the least significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not within −2²³ (−8388608) to 2²³−1. Nothing was written.</exception>
    public void WriteInt24LittleEndian(int value) => PutInt24(value, ByteOrder.LittleEndian);

    /// <summary>Writes an unsigned integer in three bytes, the most significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above 2²⁴−1 (16777215). Nothing was written.</exception>
    public void WriteUInt24BigEndian(uint value) => PutUInt24(value, ByteOrder.BigEndian);

    /// <summary>Writes an unsigned integer in three bytes, the least significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above 2²⁴−1 (16777215). Nothing was written.</exception>
    public void WriteUInt24LittleEndian(uint value) => PutUInt24(value, ByteOrder.LittleEndian);

    /// <summary>Writes a signed integer in four bytes, the most significant first.</summary>
    public void WriteInt32BigEndian(int value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes a signed integer in four bytes, the least significant first.</summary>
    public void WriteInt32LittleEndian(int value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an unsigned integer in four bytes, the most significant first.</summary>
    public void WriteUInt32BigEndian(uint value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an unsigned integer in four bytes, the least significant first.</summary>
    public void WriteUInt32LittleEndian(uint value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes a signed integer in eight bytes, the most significant first.</summary>
    public void WriteInt64BigEndian(long value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes a signed integer in eight bytes, the least significant first.</summary>
    public void WriteInt64LittleEndian(long value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an unsigned integer in eight bytes, the most significant first.</summary>
    public void WriteUInt64BigEndian(ulong value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an unsigned integer in eight bytes, the least significant first.</summary>
    public void WriteUInt64LittleEndian(ulong value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes a signed integer in sixteen bytes, the most significant first.</summary>
    public void WriteInt128BigEndian(Int128 value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes a signed integer in sixteen bytes, the least significant first.</summary>
    public void WriteInt128LittleEndian(Int128 value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an unsigned integer in sixteen bytes, the most significant first.</summary>
    public void WriteUInt128BigEndian(UInt128 value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an unsigned integer in sixteen bytes, the least significant first.</summary>
    public void WriteUInt128LittleEndian(UInt128 value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    // Floating-point numbers of IEEE 754. Every bit is kept, also the sign of a zero and the payload of a NaN.

    /// <summary>Writes an IEEE 754 binary16 in two bytes, the most significant first.</summary>
    public void WriteHalfBigEndian(Half value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an IEEE 754 binary16 in two bytes, the least significant first.</summary>
    public void WriteHalfLittleEndian(Half value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an IEEE 754 binary32 in four bytes, the most significant first.</summary>
    public void WriteSingleBigEndian(float value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an IEEE 754 binary32 in four bytes, the least significant first.</summary>
    public void WriteSingleLittleEndian(float value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    /// <summary>Writes an IEEE 754 binary64 in eight bytes, the most significant first.</summary>
    public void WriteDoubleBigEndian(double value) => Put(WireNumber.Ordered(value, ByteOrder.BigEndian));

    /// <summary>Writes an IEEE 754 binary64 in eight bytes, the least significant first.</summary>
    public void WriteDoubleLittleEndian(double value) => Put(WireNumber.Ordered(value, ByteOrder.LittleEndian));

    // Numbers in ASCII digits.

    /// <summary>Writes a number in exactly <paramref name="count"/> ASCII digits, zeros in front: <c>00042</c>.</summary>
    /// <param name="value">Not negative.</param>
    /// <param name="count">1 to 18.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number is negative or needs more digits, or <paramref name="count"/> is not within
    /// 1 to 18. Nothing was written.</exception>
    public void WriteDigits(long value, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MostDigits);
        var room = _output.GetSpan(count);
        var left = value;
        for (var i = count - 1; i >= 0; i--)
        {
            (left, var digit) = Math.DivRem(left, 10);
            room[i] = (byte)('0' + digit);
        }
        if (left > 0)
        {
            throw new ArgumentOutOfRangeException(nameof(value), value, $"The number has more than {count} digits.");
        }
        _output.Advance(count);
    }

    /// <summary>Writes a number in as many ASCII digits as it needs, with a minus sign in front if it is negative. The next byte must not
    /// be a digit.</summary>
    public void WriteDecimal(long value)
    {
        var written = value.TryFormat(_output.GetSpan(LongestDecimal), out var count, default, CultureInfo.InvariantCulture);
        Debug.Assert(written, "the longest number has 19 digits and a sign");
        _output.Advance(count);
    }

    // Varints: see WireReader. A number is always written in as few bytes as possible.

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

    private void PutInt24(int value, ByteOrder order)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, LeastInt24);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestInt24);
        Put(new ThreeBytes((uint)value, order));
    }

    private void PutUInt24(uint value, ByteOrder order)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestUInt24);
        Put(new ThreeBytes(value, order));
    }
}
