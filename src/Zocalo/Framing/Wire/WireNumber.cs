using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Zocalo.Framing.Wire;

/// <summary>Converts numbers between this machine's byte order and the wire's. Bits are moved and never interpreted, so a NaN keeps its
/// payload.</summary>
internal static class WireNumber
{
    /// <summary>From this machine's order to <paramref name="order"/>, or back: both are the same operation.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]      // with a constant order, a byte swap or nothing remains
    internal static T Ordered<T>(T value, ByteOrder order) where T : unmanaged =>
        (order == ByteOrder.LittleEndian) == BitConverter.IsLittleEndian ? value : Unsafe.SizeOf<T>() switch
        {
            1 => value,
            2 => Unsafe.BitCast<ushort, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ushort>(value))),
            4 => Unsafe.BitCast<uint, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, uint>(value))),
            8 => Unsafe.BitCast<ulong, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, ulong>(value))),
            16 => Unsafe.BitCast<UInt128, T>(BinaryPrimitives.ReverseEndianness(Unsafe.BitCast<T, UInt128>(value))),
            _ => throw new NotSupportedException(),
        };
}

/// <summary>Three bytes: a 24-bit integer, which the machine does not have.</summary>
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
