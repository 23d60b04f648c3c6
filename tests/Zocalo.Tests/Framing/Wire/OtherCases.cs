using System.Text;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>Values whose width depends on them: varints, decimals, text, bytes. The bytes are written out, not computed.</summary>
internal static class OtherCases
{
    public static IEnumerable<WireCase> All() => [.. Varints(), .. Decimals(), .. Texts(), .. Plain()];

    private static IEnumerable<WireCase> Varints() =>
    [
        .. VarUInt32(
            (0, "00"),
            (1, "01"),
            (127, "7F"),
            (128, "8001"),
            (300, "AC02"),
            (16383, "FF7F"),
            (16384, "808001"),
            (uint.MaxValue, "FFFFFFFF0F")),
        .. VarUInt64(
            (0, "00"),
            (300, "AC02"),
            (1UL << 32, "8080808010"),
            (1UL << 62, "808080808080808040"),
            (long.MaxValue, "FFFFFFFFFFFFFFFF7F"),
            (1UL << 63, "80808080808080808001"),
            (ulong.MaxValue, "FFFFFFFFFFFFFFFFFF01")),
        .. ZigZagInt32(
            (0, "00"),
            (-1, "01"),
            (1, "02"),
            (-2, "03"),
            (63, "7E"),
            (-64, "7F"),
            (64, "8001"),
            (int.MaxValue, "FEFFFFFF0F"),
            (int.MinValue, "FFFFFFFF0F")),
        .. ZigZagInt64((0, "00"), (-1, "01"), (1, "02"), (long.MaxValue, "FEFFFFFFFFFFFFFFFF01"), (long.MinValue, "FFFFFFFFFFFFFFFFFF01")),
    ];

    private static IEnumerable<WireCase> VarUInt32(params (uint Value, string Hex)[] cases) => cases.Select(c =>
        WireCase.Of(
            "VarUInt32",
            c.Value,
            Convert.FromHexString(c.Hex),
            (w, v) => w.WriteVarUInt32(v),
            (ref r) => r.ReadVarUInt32(),
            (ref r, out v) => r.TryReadVarUInt32(out v)));

    private static IEnumerable<WireCase> VarUInt64(params (ulong Value, string Hex)[] cases) => cases.Select(c =>
        WireCase.Of(
            "VarUInt64",
            c.Value,
            Convert.FromHexString(c.Hex),
            (w, v) => w.WriteVarUInt64(v),
            (ref r) => r.ReadVarUInt64(),
            (ref r, out v) => r.TryReadVarUInt64(out v)));

    private static IEnumerable<WireCase> ZigZagInt32(params (int Value, string Hex)[] cases) => cases.Select(c =>
        WireCase.Of(
            "ZigZagInt32",
            c.Value,
            Convert.FromHexString(c.Hex),
            (w, v) => w.WriteZigZagInt32(v),
            (ref r) => r.ReadZigZagInt32(),
            (ref r, out v) => r.TryReadZigZagInt32(out v)));

    private static IEnumerable<WireCase> ZigZagInt64(params (long Value, string Hex)[] cases) => cases.Select(c =>
        WireCase.Of(
            "ZigZagInt64",
            c.Value,
            Convert.FromHexString(c.Hex),
            (w, v) => w.WriteZigZagInt64(v),
            (ref r) => r.ReadZigZagInt64(),
            (ref r, out v) => r.TryReadZigZagInt64(out v)));

    private static IEnumerable<WireCase> Decimals() =>
    [
        .. new (long Value, string Text)[]
        {
            (0, "0"), (7, "00007"), (11, "00011"), (99999, "99999"), (0, "000000000000000000"),
            (999999999999999999, "999999999999999999"),
        }.Select(c =>
            WireCase.Of(
                "Digits",
                c.Value,
                Encoding.ASCII.GetBytes(c.Text),
                (w, v) => w.WriteDigits(v, c.Text.Length),
                (ref r) => r.ReadDigits(c.Text.Length),
                (ref r, out v) => r.TryReadDigits(c.Text.Length, out v))),
        .. new (long Value, string Text)[]
        {
            (0, "0"), (7, "7"), (-7, "-7"), (1234567890, "1234567890"), (long.MaxValue, "9223372036854775807"),
            (long.MinValue, "-9223372036854775808"),
        }.Select(c =>
            WireCase.Of(
                "Decimal",
                c.Value,
                Encoding.ASCII.GetBytes(c.Text),
                (w, v) => w.WriteDecimal(v),
                (ref r) => r.ReadDecimal(),
                (ref r, out v) => r.TryReadDecimal(out v)) with { MayBeCut = true }),
    ];

    private static IEnumerable<WireCase> Texts()
    {
        foreach (var text in new[] { "", "a", "hello, world", new string('x', 300) })
        {
            var bytes = Encoding.ASCII.GetBytes(text);
            yield return WireCase.Of(
                "Ascii",
                text,
                bytes,
                (w, v) => w.WriteAscii(v),
                (ref r) => r.ReadAscii(bytes.Length),
                (ref r, out v) => r.TryReadAscii(bytes.Length, out v));
            yield return WireCase.Of(
                "AsciiTerminated",
                text,
                [.. bytes, 0],
                (w, v) => w.WriteAsciiTerminated(v),
                (ref r) => r.ReadAsciiTerminated(),
                (ref r, out v) => r.TryReadAsciiTerminated(out v));
        }
        foreach (var text in new[] { "", "Zócalo ÿ", new string('ñ', 300) })
        {
            var bytes = text.Select(c => (byte)c).ToArray();
            yield return WireCase.Of(
                "Latin1",
                text,
                bytes,
                (w, v) => w.WriteLatin1(v),
                (ref r) => r.ReadLatin1(bytes.Length),
                (ref r, out v) => r.TryReadLatin1(bytes.Length, out v));
            yield return WireCase.Of(
                "Latin1Terminated",
                text,
                [.. bytes, 10],
                (w, v) => w.WriteLatin1Terminated(v, 10),
                (ref r) => r.ReadLatin1Terminated(10),
                (ref r, out v) => r.TryReadLatin1Terminated(out v, 10));
        }
        foreach (var text in new[] { "", "Zócalo", "\uFEFF€ 😀 \0?", new string('€', 150) })
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            yield return WireCase.Of(
                "Utf8",
                text,
                bytes,
                (w, v) => w.WriteUtf8(v),
                (ref r) => r.ReadUtf8(bytes.Length),
                (ref r, out v) => r.TryReadUtf8(bytes.Length, out v));
            yield return WireCase.Of(
                "Utf8Terminated",
                text,
                [.. bytes, 10],
                (w, v) => w.WriteUtf8Terminated(v, 10),
                (ref r) => r.ReadUtf8Terminated(10),
                (ref r, out v) => r.TryReadUtf8Terminated(out v, 10));
        }
    }

    private static IEnumerable<WireCase> Plain()
    {
        foreach (var hex in new[] { "", "01", "0102030405060708" })
        {
            var bytes = Convert.FromHexString(hex);
            yield return WireCase.Of("Bytes", hex, bytes,
                (w, v) => w.WriteBytes(Convert.FromHexString(v)),
                (ref r) => Hex(r.ReadBytes(bytes.Length)),
                (ref r, out v) => { var read = r.TryReadBytes(bytes.Length, out var found); v = Hex(found); return read; });
            yield return WireCase.Of("BytesTerminated", hex, [.. bytes, 0xC0],
                (w, v) => w.WriteBytesTerminated(Convert.FromHexString(v), 0xC0),
                (ref r) => Hex(r.ReadBytesTerminated(0xC0)),
                (ref r, out v) => { var read = r.TryReadBytesTerminated(0xC0, out var found); v = Hex(found); return read; });
            yield return WireCase.Of("Exactly", hex, bytes,
                (w, v) => w.WriteBytes(Convert.FromHexString(v)),
                (ref r) => { var room = new byte[bytes.Length]; r.ReadExactly(room); return Convert.ToHexString(room); },
                (ref r, out v) =>
                {
                    var room = new byte[bytes.Length];
                    var read = r.TryReadExactly(room);
                    v = Convert.ToHexString(room);
                    return read;
                });
        }
    }

    private static string Hex(Frame bytes) => Convert.ToHexString(bytes.ToArray());
}
