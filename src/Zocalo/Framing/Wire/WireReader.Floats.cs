using Zocalo.Framing.Wire;

namespace Zocalo;

// Floating-point numbers of IEEE 754. Every bit is kept, also the sign of a zero and the payload of a NaN.
public ref partial struct WireReader
{
    /// <summary>Reads two bytes, the most significant first, as an IEEE 754 binary16.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public Half ReadHalfBigEndian() => WireNumber.Ordered(Take<Half>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadHalfBigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadHalfBigEndian(out Half value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads two bytes, the least significant first, as an IEEE 754 binary16.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public Half ReadHalfLittleEndian() => WireNumber.Ordered(Take<Half>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadHalfLittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadHalfLittleEndian(out Half value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads four bytes, the most significant first, as an IEEE 754 binary32.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public float ReadSingleBigEndian() => WireNumber.Ordered(Take<float>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadSingleBigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadSingleBigEndian(out float value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads four bytes, the least significant first, as an IEEE 754 binary32.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public float ReadSingleLittleEndian() => WireNumber.Ordered(Take<float>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadSingleLittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadSingleLittleEndian(out float value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads eight bytes, the most significant first, as an IEEE 754 binary64.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public double ReadDoubleBigEndian() => WireNumber.Ordered(Take<double>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadDoubleBigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadDoubleBigEndian(out double value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads eight bytes, the least significant first, as an IEEE 754 binary64.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public double ReadDoubleLittleEndian() => WireNumber.Ordered(Take<double>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadDoubleLittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadDoubleLittleEndian(out double value) => TryTake(ByteOrder.LittleEndian, out value);
}
