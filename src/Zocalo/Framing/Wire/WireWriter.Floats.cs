using Zocalo.Framing.Wire;

namespace Zocalo;

// Floating-point numbers as IEEE 754 lays them out. Every bit is kept: the sign of a zero, the payload of a NaN.
public readonly ref partial struct WireWriter
{
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
}
