using System.Globalization;
using System.Numerics;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>Every number of a fixed width, at its boundaries; what its bytes are is computed here by shifts, and nowhere by the code under
/// test.</summary>
internal static class NumberCases
{
    private static readonly int[] Signed24 = [0, 1, -1, 0x010203, -0x80_0000, 0x7F_FFFF];
    private static readonly uint[] Unsigned24 = [0, 1, 0x010203, 0x80_0000, 0xFF_FFFF];

    public static IEnumerable<WireCase> All() =>
    [
        .. Big(
            "Byte",
            1,
            new byte[] { 0, 1, 0x7F, 0x80, byte.MaxValue },
            value => value,
            (w, v) => w.WriteByte(v),
            (ref r) => r.ReadByte(),
            (ref r, out v) => r.TryReadByte(out v)),
        .. Big(
            "SByte",
            1,
            new sbyte[] { 0, -1, sbyte.MinValue, sbyte.MaxValue },
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteSByte(v),
            (ref r) => r.ReadSByte(),
            (ref r, out v) => r.TryReadSByte(out v)),
        .. Big(
            "Int16BigEndian",
            2,
            Signed<short>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt16BigEndian(v),
            (ref r) => r.ReadInt16BigEndian(),
            (ref r, out v) => r.TryReadInt16BigEndian(out v)),
        .. Little(
            "Int16LittleEndian",
            2,
            Signed<short>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt16LittleEndian(v),
            (ref r) => r.ReadInt16LittleEndian(),
            (ref r, out v) => r.TryReadInt16LittleEndian(out v)),
        .. Big(
            "UInt16BigEndian",
            2,
            Unsigned<ushort>(),
            value => value,
            (w, v) => w.WriteUInt16BigEndian(v),
            (ref r) => r.ReadUInt16BigEndian(),
            (ref r, out v) => r.TryReadUInt16BigEndian(out v)),
        .. Little(
            "UInt16LittleEndian",
            2,
            Unsigned<ushort>(),
            value => value,
            (w, v) => w.WriteUInt16LittleEndian(v),
            (ref r) => r.ReadUInt16LittleEndian(),
            (ref r, out v) => r.TryReadUInt16LittleEndian(out v)),
        .. Big(
            "Int24BigEndian",
            3,
            Signed24,
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt24BigEndian(v),
            (ref r) => r.ReadInt24BigEndian(),
            (ref r, out v) => r.TryReadInt24BigEndian(out v)),
        .. Little(
            "Int24LittleEndian",
            3,
            Signed24,
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt24LittleEndian(v),
            (ref r) => r.ReadInt24LittleEndian(),
            (ref r, out v) => r.TryReadInt24LittleEndian(out v)),
        .. Big(
            "UInt24BigEndian",
            3,
            Unsigned24,
            value => value,
            (w, v) => w.WriteUInt24BigEndian(v),
            (ref r) => r.ReadUInt24BigEndian(),
            (ref r, out v) => r.TryReadUInt24BigEndian(out v)),
        .. Little(
            "UInt24LittleEndian",
            3,
            Unsigned24,
            value => value,
            (w, v) => w.WriteUInt24LittleEndian(v),
            (ref r) => r.ReadUInt24LittleEndian(),
            (ref r, out v) => r.TryReadUInt24LittleEndian(out v)),
        .. Big(
            "Int32BigEndian",
            4,
            Signed<int>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt32BigEndian(v),
            (ref r) => r.ReadInt32BigEndian(),
            (ref r, out v) => r.TryReadInt32BigEndian(out v)),
        .. Little(
            "Int32LittleEndian",
            4,
            Signed<int>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt32LittleEndian(v),
            (ref r) => r.ReadInt32LittleEndian(),
            (ref r, out v) => r.TryReadInt32LittleEndian(out v)),
        .. Big(
            "UInt32BigEndian",
            4,
            Unsigned<uint>(),
            value => value,
            (w, v) => w.WriteUInt32BigEndian(v),
            (ref r) => r.ReadUInt32BigEndian(),
            (ref r, out v) => r.TryReadUInt32BigEndian(out v)),
        .. Little(
            "UInt32LittleEndian",
            4,
            Unsigned<uint>(),
            value => value,
            (w, v) => w.WriteUInt32LittleEndian(v),
            (ref r) => r.ReadUInt32LittleEndian(),
            (ref r, out v) => r.TryReadUInt32LittleEndian(out v)),
        .. Big(
            "Int64BigEndian",
            8,
            Signed<long>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt64BigEndian(v),
            (ref r) => r.ReadInt64BigEndian(),
            (ref r, out v) => r.TryReadInt64BigEndian(out v)),
        .. Little(
            "Int64LittleEndian",
            8,
            Signed<long>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt64LittleEndian(v),
            (ref r) => r.ReadInt64LittleEndian(),
            (ref r, out v) => r.TryReadInt64LittleEndian(out v)),
        .. Big(
            "UInt64BigEndian",
            8,
            Unsigned<ulong>(),
            value => value,
            (w, v) => w.WriteUInt64BigEndian(v),
            (ref r) => r.ReadUInt64BigEndian(),
            (ref r, out v) => r.TryReadUInt64BigEndian(out v)),
        .. Little(
            "UInt64LittleEndian",
            8,
            Unsigned<ulong>(),
            value => value,
            (w, v) => w.WriteUInt64LittleEndian(v),
            (ref r) => r.ReadUInt64LittleEndian(),
            (ref r, out v) => r.TryReadUInt64LittleEndian(out v)),
        .. Big(
            "Int128BigEndian",
            16,
            Signed<Int128>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt128BigEndian(v),
            (ref r) => r.ReadInt128BigEndian(),
            (ref r, out v) => r.TryReadInt128BigEndian(out v)),
        .. Little(
            "Int128LittleEndian",
            16,
            Signed<Int128>(),
            value => (UInt128)(Int128)value,
            (w, v) => w.WriteInt128LittleEndian(v),
            (ref r) => r.ReadInt128LittleEndian(),
            (ref r, out v) => r.TryReadInt128LittleEndian(out v)),
        .. Big(
            "UInt128BigEndian",
            16,
            Unsigned<UInt128>(),
            value => value,
            (w, v) => w.WriteUInt128BigEndian(v),
            (ref r) => r.ReadUInt128BigEndian(),
            (ref r, out v) => r.TryReadUInt128BigEndian(out v)),
        .. Little(
            "UInt128LittleEndian",
            16,
            Unsigned<UInt128>(),
            value => value,
            (w, v) => w.WriteUInt128LittleEndian(v),
            (ref r) => r.ReadUInt128LittleEndian(),
            (ref r, out v) => r.TryReadUInt128LittleEndian(out v)),
        // As bits, since all NaNs are equal. Zeros, one, the greatest, the least above zero, infinities, NaNs that are quiet and signalling
        // and have something in them.
        .. Big("HalfBigEndian", 2,
            new ushort[] { 0x0000, 0x8000, 0x3C00, 0x7BFF, 0x0001, 0x7C00, 0xFC00, 0x7E00, 0x7E55, 0xFEAA, 0x7D01 }, bits => bits,
            (w, bits) => w.WriteHalfBigEndian(BitConverter.UInt16BitsToHalf(bits)),
            (ref r) => BitConverter.HalfToUInt16Bits(r.ReadHalfBigEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadHalfBigEndian(out var value);
                bits = BitConverter.HalfToUInt16Bits(value);
                return read;
            }),
        .. Little("HalfLittleEndian", 2,
            new ushort[] { 0x0000, 0x8000, 0x3C00, 0x7BFF, 0x0001, 0x7C00, 0xFC00, 0x7E00, 0x7E55, 0xFEAA, 0x7D01 }, bits => bits,
            (w, bits) => w.WriteHalfLittleEndian(BitConverter.UInt16BitsToHalf(bits)),
            (ref r) => BitConverter.HalfToUInt16Bits(r.ReadHalfLittleEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadHalfLittleEndian(out var value);
                bits = BitConverter.HalfToUInt16Bits(value);
                return read;
            }),
        .. Big("SingleBigEndian", 4,
            new uint[]
            {
                0x0000_0000, 0x8000_0000, 0x3F80_0000, 0x7F7F_FFFF, 0x0000_0001, 0x7F80_0000, 0xFF80_0000,
                0x7FC0_0000, 0x7FC1_2345, 0xFFD5_4321, 0x7F81_2345,
            },
            bits => bits,
            (w, bits) => w.WriteSingleBigEndian(BitConverter.UInt32BitsToSingle(bits)),
            (ref r) => BitConverter.SingleToUInt32Bits(r.ReadSingleBigEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadSingleBigEndian(out var value);
                bits = BitConverter.SingleToUInt32Bits(value);
                return read;
            }),
        .. Little("SingleLittleEndian", 4,
            new uint[]
            {
                0x0000_0000, 0x8000_0000, 0x3F80_0000, 0x7F7F_FFFF, 0x0000_0001, 0x7F80_0000, 0xFF80_0000,
                0x7FC0_0000, 0x7FC1_2345, 0xFFD5_4321, 0x7F81_2345,
            },
            bits => bits,
            (w, bits) => w.WriteSingleLittleEndian(BitConverter.UInt32BitsToSingle(bits)),
            (ref r) => BitConverter.SingleToUInt32Bits(r.ReadSingleLittleEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadSingleLittleEndian(out var value);
                bits = BitConverter.SingleToUInt32Bits(value);
                return read;
            }),
        .. Big("DoubleBigEndian", 8,
            new ulong[]
            {
                0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF, 1, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
                0x7FF8_1234_5678_9ABC, 0xFFFA_BCDE_F012_3456, 0x7FF0_1234_5678_9ABC,
            },
            bits => bits,
            (w, bits) => w.WriteDoubleBigEndian(BitConverter.UInt64BitsToDouble(bits)),
            (ref r) => BitConverter.DoubleToUInt64Bits(r.ReadDoubleBigEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadDoubleBigEndian(out var value);
                bits = BitConverter.DoubleToUInt64Bits(value);
                return read;
            }),
        .. Little("DoubleLittleEndian", 8,
            new ulong[]
            {
                0, 0x8000_0000_0000_0000, 0x3FF0_0000_0000_0000, 0x7FEF_FFFF_FFFF_FFFF, 1, 0x7FF0_0000_0000_0000, 0xFFF0_0000_0000_0000,
                0x7FF8_1234_5678_9ABC, 0xFFFA_BCDE_F012_3456, 0x7FF0_1234_5678_9ABC,
            },
            bits => bits,
            (w, bits) => w.WriteDoubleLittleEndian(BitConverter.UInt64BitsToDouble(bits)),
            (ref r) => BitConverter.DoubleToUInt64Bits(r.ReadDoubleLittleEndian()),
            (ref r, out bits) =>
            {
                var read = r.TryReadDoubleLittleEndian(out var value);
                bits = BitConverter.DoubleToUInt64Bits(value);
                return read;
            }),
    ];

    private static T[] Signed<T>() where T : IBinaryInteger<T>, IMinMaxValue<T> =>
        [T.Zero, T.One, -T.One, T.MinValue, T.MaxValue, Pattern<T>()];

    private static T[] Unsigned<T>() where T : IBinaryInteger<T>, IMinMaxValue<T> =>
        [T.Zero, T.One, T.MaxValue, Pattern<T>(), T.MaxValue - Pattern<T>()];

    private static T Pattern<T>() where T : IBinaryInteger<T> =>
        T.CreateTruncating(UInt128.Parse("0102030405060708090A0B0C0D0E0F10", NumberStyles.HexNumber, CultureInfo.InvariantCulture));

    private static IEnumerable<WireCase> Big<T>(
        string method,
        int width,
        T[] values,
        Func<T,
        UInt128> bits,
        WireCase.Writing<T> write,
        WireCase.Reading<T> read,
        WireCase.Trying<T> tryRead) where T : notnull =>
        values.Select(value => WireCase.Of(method, value, [.. LowestFirst(bits(value), width).Reverse()], write, read, tryRead));

    private static IEnumerable<WireCase> Little<T>(
        string method,
        int width,
        T[] values,
        Func<T,
        UInt128> bits,
        WireCase.Writing<T> write,
        WireCase.Reading<T> read,
        WireCase.Trying<T> tryRead) where T : notnull =>
        values.Select(value => WireCase.Of(method, value, [.. LowestFirst(bits(value), width)], write, read, tryRead));

    private static IEnumerable<byte> LowestFirst(UInt128 bits, int width) =>
        Enumerable.Range(0, width).Select(i => (byte)(bits >> (8 * i)));
}
