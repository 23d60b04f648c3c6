using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Zocalo.Framing.Wire;

/// <summary>An unsigned integer on the wire. Each width and byte order is a type, so that they are constants in the code that reads
/// them.</summary>
internal interface IWireInteger
{
    /// <summary>Bytes.</summary>
    static abstract int Width { get; }

    /// <summary>Reads the first <see cref="Width"/> bytes.</summary>
    static abstract ulong Read(ReadOnlySpan<byte> bytes);
}

internal readonly struct BigEndian<T> : IWireInteger where T : unmanaged, IUnsignedNumber<T>
{
    public static int Width => Unsafe.SizeOf<T>();

    public static ulong Read(ReadOnlySpan<byte> bytes) =>
        ulong.CreateTruncating(WireNumber.Ordered(MemoryMarshal.Read<T>(bytes), ByteOrder.BigEndian));
}

internal readonly struct LittleEndian<T> : IWireInteger where T : unmanaged, IUnsignedNumber<T>
{
    public static int Width => Unsafe.SizeOf<T>();

    public static ulong Read(ReadOnlySpan<byte> bytes) =>
        ulong.CreateTruncating(WireNumber.Ordered(MemoryMarshal.Read<T>(bytes), ByteOrder.LittleEndian));
}

internal readonly struct BigEndian24 : IWireInteger
{
    public static int Width => 3;

    public static ulong Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ThreeBytes>(bytes).Unsigned(ByteOrder.BigEndian);
}

internal readonly struct LittleEndian24 : IWireInteger
{
    public static int Width => 3;

    public static ulong Read(ReadOnlySpan<byte> bytes) => MemoryMarshal.Read<ThreeBytes>(bytes).Unsigned(ByteOrder.LittleEndian);
}
