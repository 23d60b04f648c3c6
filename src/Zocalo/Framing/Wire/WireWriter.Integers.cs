using Zocalo.Framing.Wire;

namespace Zocalo;

// Integers: two's complement where they are signed. The order in which the Internet's own protocols have the bytes is big-endian, "network
// order" (RFC 1700, Data Notations).
public readonly ref partial struct WireWriter
{
    private const uint GreatestUInt24 = 0xFF_FFFF;
    private const int GreatestInt24 = 0x7F_FFFF;
    private const int LeastInt24 = -0x80_0000;

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
    public void WriteInt24BigEndian(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, LeastInt24);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestInt24);
        Put(new ThreeBytes((uint)value, ByteOrder.BigEndian));
    }

    /// <summary>Writes a signed integer in three bytes, the least significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is not within −2²³ (−8388608) to 2²³−1. Nothing was written.</exception>
    public void WriteInt24LittleEndian(int value)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(value, LeastInt24);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestInt24);
        Put(new ThreeBytes((uint)value, ByteOrder.LittleEndian));
    }

    /// <summary>Writes an unsigned integer in three bytes, the most significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above 2²⁴−1 (16777215). Nothing was written.</exception>
    public void WriteUInt24BigEndian(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestUInt24);
        Put(new ThreeBytes(value, ByteOrder.BigEndian));
    }

    /// <summary>Writes an unsigned integer in three bytes, the least significant first.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is above 2²⁴−1 (16777215). Nothing was written.</exception>
    public void WriteUInt24LittleEndian(uint value)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value, GreatestUInt24);
        Put(new ThreeBytes(value, ByteOrder.LittleEndian));
    }

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
}
