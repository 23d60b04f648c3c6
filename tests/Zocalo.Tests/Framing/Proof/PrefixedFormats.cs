namespace Zocalo.Tests.Framing.Proof;

/// <summary>Formats that say the length first: in binary, as a varint, in digits.</summary>
internal static class PrefixedFormats
{
    private static readonly byte[] Digits = "0123456789:, "u8.ToArray();

    public static IEnumerable<FormatCase> All() => [.. LengthPrefixes(), .. LengthFields(), .. OtherPrefixes()];

    private static IEnumerable<FormatCase> LengthPrefixes()
    {
        (int Width, ByteOrder Order)[] fields =
        [
            (1, ByteOrder.BigEndian),
            (2, ByteOrder.BigEndian), (2, ByteOrder.LittleEndian),
            (3, ByteOrder.BigEndian), (3, ByteOrder.LittleEndian),
            (4, ByteOrder.BigEndian), (4, ByteOrder.LittleEndian),
            (8, ByteOrder.BigEndian), (8, ByteOrder.LittleEndian),
        ];
        foreach (var (width, order) in fields)
        {
            // Every field with a short limit and with one that it may not reach, one with others too.
            int[] limits = width == 4 ? [0, 20, 1000, FrameFormat.DefaultMaxFrameLength] : [20, FrameFormat.DefaultMaxFrameLength];
            foreach (var limit in limits)
            {
                yield return new FormatCase(
                    $"LengthPrefixed({width}, {order}, {limit})",
                    Frames.LengthPrefixed(width, order, limit)) { Alphabet = [0, 1, 2, 20, 21, 0x7F, 0x80, 0xFF], Carries = bytes =>
                        width > 1 || bytes.Length < 256 };
            }
        }
    }

    private static IEnumerable<FormatCase> LengthFields()
    {
        (string Name, LengthField Field, int Least)[] fields =
        [
            ("a type before it", new LengthField(2) { Offset = 1 }, 0),
            ("counts itself", new LengthField(2) { Adjustment = -2 }, 0),
            ("counts the whole header", new LengthField(2, ByteOrder.LittleEndian) { Offset = 2, Adjustment = -4 }, 0),
            ("strips beyond the field", new LengthField(1) { BytesToStrip = 3 }, 0),
            ("header delivered", new LengthField(2) { Offset = 1, BytesToStrip = 0 }, 3),
            ("part of the header delivered", new LengthField(1) { Offset = 3, BytesToStrip = 2 }, 2),
            ("a trailer not counted", new LengthField(2) { Adjustment = 4, BytesToStrip = 0 }, 6),
        ];
        foreach (var (name, field, least) in fields)
        {
            foreach (var limit in new[] { 30, 1000 })
            {
                yield return new FormatCase($"LengthPrefixed({name}, {limit})", Frames.LengthPrefixed(field, limit))
                {
                    Alphabet = [0, 1, 2, 3, 4, 30, 31, 0x80, 0xFF],
                    Shape = bytes => least == 0 ? bytes : WithItsLength(bytes, field, least),
                    Carries = bytes =>
                        bytes.Length >= least && bytes.AsSpan().SequenceEqual(least == 0 ? bytes : WithItsLength(bytes, field, least)),
                    FillsIn = least > 0,
                };
            }
        }
    }

    private static IEnumerable<FormatCase> OtherPrefixes()
    {
        foreach (var limit in new[] { 0, 20, 300, FrameFormat.DefaultMaxFrameLength })
        {
            yield return new FormatCase($"VarintPrefixed({limit})", Frames.VarintPrefixed(limit))
            {
                Streams = [[0x80, 0x00], [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x01], [0x80, 0x80, 0x80, 0x80, 0x80]],
            };
            yield return new FormatCase($"Netstrings({limit})", Frames.Netstrings(limit))
            {
                Alphabet = Digits,
                Streams =
                [
                    .. FormatTable.Texts(
                        "5:hello,", "05:hello,", "5:hello;", ":", ",", "0:,", "00:,", "99999999999999999999:", "5 :hello,", "-1:,",
                        "5hello", "20", "301:"),
                ],
            };
            foreach (var digits in new[] { 1, 5, 9 })
            {
                var most = Math.Pow(10, digits) - 1;
                yield return new FormatCase($"DigitsPrefixed({digits}, {limit})", Frames.DigitsPrefixed(digits, limit))
                {
                    Alphabet = Digits,
                    Carries = bytes => bytes.Length <= most,
                    Streams =
                    [
                        .. FormatTable.Texts(
                            "00005hello", "5hello", "000000005hello", "-0001a", "+0001a", " 0001a", "1e3  ", "99999", "999999999",
                            "\u0660\u0661\u0660\u0661\u0660"),
                    ],
                };
            }
        }
    }

    /// <summary>A payload that begins with a part of its header: with its length in the field, as a receiver gets it.</summary>
    private static byte[] WithItsLength(byte[] bytes, LengthField field, int least)
    {
        var all = FormatTable.Stretched(bytes, Math.Max(bytes.Length, least));
        var value = all.Length - (field.Offset + field.Width + field.Adjustment - field.BytesToStrip);
        for (var at = field.Offset + field.Width - field.BytesToStrip - 1; at >= field.Offset - field.BytesToStrip; at--, value >>= 8)
        {
            all[at] = (byte)value;
        }
        return all;
    }
}
