using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Zocalo.Framing.Wire;

namespace Zocalo;

// Integers: two's complement where they are signed. Big-endian is the order of the Internet's own protocols, "network order" (RFC 1700,
// Data Notations).
public ref partial struct WireReader
{
    /// <summary>Reads one byte.</summary>
    /// <exception cref="WireException">No bytes are left.</exception>
    public byte ReadByte() => Take<byte>();

    /// <summary>Reads one byte, if there is one.</summary>
    public bool TryReadByte(out byte value) => TryTake(out value);

    /// <summary>Reads one byte as a signed integer.</summary>
    /// <exception cref="WireException">No bytes are left.</exception>
    public sbyte ReadSByte() => Take<sbyte>();

    /// <summary>Reads one byte as a signed integer, if there is one.</summary>
    public bool TryReadSByte(out sbyte value) => TryTake(out value);

    /// <summary>Reads two bytes, the most significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public short ReadInt16BigEndian() => WireNumber.Ordered(Take<short>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadInt16BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt16BigEndian(out short value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads two bytes, the least significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public short ReadInt16LittleEndian() => WireNumber.Ordered(Take<short>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadInt16LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt16LittleEndian(out short value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads two bytes, the most significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public ushort ReadUInt16BigEndian() => WireNumber.Ordered(Take<ushort>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadUInt16BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt16BigEndian(out ushort value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads two bytes, the least significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public ushort ReadUInt16LittleEndian() => WireNumber.Ordered(Take<ushort>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadUInt16LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt16LittleEndian(out ushort value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads three bytes, the most significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public int ReadInt24BigEndian() => Take<ThreeBytes>().Signed(ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadInt24BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt24BigEndian(out int value) => TryTakeInt24(ByteOrder.BigEndian, out value);

    /// <summary>Reads three bytes, the least significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public int ReadInt24LittleEndian() => Take<ThreeBytes>().Signed(ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadInt24LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt24LittleEndian(out int value) => TryTakeInt24(ByteOrder.LittleEndian, out value);

    /// <summary>Reads three bytes, the most significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public uint ReadUInt24BigEndian() => Take<ThreeBytes>().Unsigned(ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadUInt24BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt24BigEndian(out uint value) => TryTakeUInt24(ByteOrder.BigEndian, out value);

    /// <summary>Reads three bytes, the least significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public uint ReadUInt24LittleEndian() => Take<ThreeBytes>().Unsigned(ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadUInt24LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt24LittleEndian(out uint value) => TryTakeUInt24(ByteOrder.LittleEndian, out value);

    /// <summary>Reads four bytes, the most significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public int ReadInt32BigEndian() => WireNumber.Ordered(Take<int>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadInt32BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt32BigEndian(out int value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads four bytes, the least significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public int ReadInt32LittleEndian() => WireNumber.Ordered(Take<int>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadInt32LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt32LittleEndian(out int value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads four bytes, the most significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public uint ReadUInt32BigEndian() => WireNumber.Ordered(Take<uint>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadUInt32BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt32BigEndian(out uint value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads four bytes, the least significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public uint ReadUInt32LittleEndian() => WireNumber.Ordered(Take<uint>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadUInt32LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt32LittleEndian(out uint value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads eight bytes, the most significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public long ReadInt64BigEndian() => WireNumber.Ordered(Take<long>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadInt64BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt64BigEndian(out long value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads eight bytes, the least significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public long ReadInt64LittleEndian() => WireNumber.Ordered(Take<long>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadInt64LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt64LittleEndian(out long value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads eight bytes, the most significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public ulong ReadUInt64BigEndian() => WireNumber.Ordered(Take<ulong>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadUInt64BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt64BigEndian(out ulong value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads eight bytes, the least significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public ulong ReadUInt64LittleEndian() => WireNumber.Ordered(Take<ulong>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadUInt64LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt64LittleEndian(out ulong value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads sixteen bytes, the most significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public Int128 ReadInt128BigEndian() => WireNumber.Ordered(Take<Int128>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadInt128BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt128BigEndian(out Int128 value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads sixteen bytes, the least significant first, as a signed integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public Int128 ReadInt128LittleEndian() => WireNumber.Ordered(Take<Int128>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadInt128LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadInt128LittleEndian(out Int128 value) => TryTake(ByteOrder.LittleEndian, out value);

    /// <summary>Reads sixteen bytes, the most significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public UInt128 ReadUInt128BigEndian() => WireNumber.Ordered(Take<UInt128>(), ByteOrder.BigEndian);

    /// <summary>Reads what <see cref="ReadUInt128BigEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt128BigEndian(out UInt128 value) => TryTake(ByteOrder.BigEndian, out value);

    /// <summary>Reads sixteen bytes, the least significant first, as an unsigned integer.</summary>
    /// <exception cref="WireException">Fewer bytes are left.</exception>
    public UInt128 ReadUInt128LittleEndian() => WireNumber.Ordered(Take<UInt128>(), ByteOrder.LittleEndian);

    /// <summary>Reads what <see cref="ReadUInt128LittleEndian"/> does, if the bytes are there.</summary>
    public bool TryReadUInt128LittleEndian(out UInt128 value) => TryTake(ByteOrder.LittleEndian, out value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private T Take<T>() where T : unmanaged
    {
        // Like TryTake, but the value has no address, so it stays in a register.
        var rest = _rest;
        if (rest.Length >= Unsafe.SizeOf<T>())
        {
            _rest = rest[Unsafe.SizeOf<T>()..];
            return MemoryMarshal.Read<T>(rest);
        }
        return TakeAcross<T>();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private T TakeAcross<T>() where T : unmanaged
    {
        if (!TryTakeAcross<T>(out var value))
        {
            ThrowMissing(Unsafe.SizeOf<T>());
        }
        return value;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool TryTake<T>(ByteOrder order, out T value) where T : unmanaged
    {
        var read = TryTake(out value);
        value = WireNumber.Ordered(value, order);
        return read;
    }

    private bool TryTakeInt24(ByteOrder order, out int value)
    {
        var read = TryTake<ThreeBytes>(out var bytes);
        value = bytes.Signed(order);
        return read;
    }

    private bool TryTakeUInt24(ByteOrder order, out uint value)
    {
        var read = TryTake<ThreeBytes>(out var bytes);
        value = bytes.Unsigned(order);
        return read;
    }
}
