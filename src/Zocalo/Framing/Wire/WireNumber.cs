using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Zocalo.Framing.Wire;

/// <summary>Numbers on their way between this machine's byte order and the wire's. Bits are moved and never interpreted, so a NaN keeps its
/// payload.</summary>
internal static class WireNumber
{
    /// <summary>From this machine's order to <paramref name="order"/>, or back: it is the same.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]      // what remains for a constant order is a byte swap or nothing
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
