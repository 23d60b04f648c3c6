using System.Text;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Every format with every decorator, and every decorator over that. What is refused when it is composed is counted.</summary>
internal static class Compositions
{
    private static readonly Composition[] Plain = [.. Lengths(), .. Headers(), .. Others(), .. Delimiters(), .. Marks(), .. Tags()];

    private static readonly (string Name, Checksum Checksum, int Start, byte[] Trailer)[] Checksums =
    [
        ("Sum8", Checksum.Sum8, 0, []),
        ("Xor8 from 1", Checksum.Xor8, 1, []),
        ("X25", Checksum.Crc16X25, 0, []),
        ("X25 be from 2, CRLF", Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian }, 2, [13, 10]),
        ("Modbus, 7E", Checksum.Crc16Modbus, 0, [0x7E]),
        ("CRC-24 from 3", Checksum.Crc("CRC-24/OPENPGP", 3, 0x864CFB, 0xB704CE, false, 0, ByteOrder.BigEndian), 3, []),
        ("CRC-32C, ab", Checksum.Crc32C, 0, "ab"u8.ToArray()),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Plain.Select(of => of.Name)];

    /// <summary>A format, with each decorator, and with each two.</summary>
    /// <param name="name">The format's.</param>
    /// <param name="refused">Called with a composition that was refused.</param>
    public static IEnumerable<Composition> Over(string name, Action<string, Exception> refused)
    {
        var plain = WithSample(Plain.Single(of => of.Name == name), []);
        yield return plain;
        foreach (var once in Decorated(plain, refused))
        {
            yield return once;
            foreach (var twice in Decorated(once, refused))
            {
                yield return twice;
            }
        }
    }

    private static IEnumerable<Composition> Decorated(Composition of, Action<string, Exception> refused)
    {
        foreach (var (name, decorate) in Decorators(of))
        {
            Composition made;
            try
            {
                made = decorate();
            }
            catch (Exception e)
            {
                refused($"{of.Name} +{name}", e);
                continue;
            }
            yield return made;
        }
    }

    private static IEnumerable<(string Name, Func<Composition> Decorate)> Decorators(Composition of)
    {
        foreach (var checksum in Checksums)
        {
            yield return (checksum.Name, () => WithChecksum(of, checksum.Name, checksum.Checksum, checksum.Start, checksum.Trailer));
        }
        var marks = new List<byte[]> { "xx"u8.ToArray() };
        if (of.Sample is { } sample)
        {
            var wire = Encoded(of.Format, sample)!;
            marks.AddRange(Enumerable.Range(1, 3).Where(length => length <= wire.Length).Select(length => wire[..length]));
        }
        foreach (var mark in marks)
        {
            yield return ($"Resync({Convert.ToHexString(mark)})", () => WithResync(of, mark));
        }
        yield return ("Tagged", () => Tagged(of, "Tagged", new() { [(byte)'t'] = of.Format }));
        yield return ("Tagged beside others", () => Tagged(of, "Tagged beside others", new()
        {
            [(byte)'t'] = of.Format,
            [1] = Frames.Slip(20),
            [2] = Frames.LengthPrefixed(1),
        }));
    }

    private static Composition WithChecksum(Composition of, string name, Checksum checksum, int start, byte[] trailer)
    {
        var more = checksum.Width + trailer.Length;
        return WithSample(of with
        {
            Name = $"{of.Name} +{name}",
            Format = of.Format.WithChecksum(checksum, start, trailer),
            Shape = bytes => of.Shape([.. bytes, .. new byte[more]]) is { } shaped && shaped.Length >= more ? shaped[..^more] : [],
            Inner = null,
            HasChecksum = true,
        }, of.Sample ?? []);
    }

    private static Composition WithResync(Composition of, byte[] mark) => WithSample(of with
    {
        Name = $"{of.Name} +Resync({Convert.ToHexString(mark)})",
        Format = of.Format.WithResync(mark),
        Alphabet = [.. of.Alphabet, .. mark],
        Inner = of.Skips ? null : (of.Format, mark),
        Skips = true,
    }, of.Sample ?? [], mark);

    private static Composition Tagged(Composition of, string name, Dictionary<byte, FrameFormat> formats)
    {
        Range Owned(byte[] payload)
        {
            var inner = payload is [(byte)'t', .. var rest] ? of.Owned(rest) : ..0;
            return inner.Equals(..0) ? inner : (inner.Start.Value + 1)..(inner.End.Value + 1);
        }
        return WithSample(of with
        {
            Name = $"{of.Name} +{name}",
            Format = Frames.Tagged(formats),
            Alphabet = [.. of.Alphabet, (byte)'t', 1, 2],
            Shape = bytes => [(byte)'t', .. of.Shape(bytes)],
            Owned = Owned,
            EndsStream = payload => payload is [(byte)'t', .. var rest] && of.EndsStream(rest),
            Inner = null,
            Skips = of.Skips,
        }, [(byte)'t', .. of.Sample ?? []]);
    }

    /// <summary>Finds a payload that the format takes, always the same.</summary>
    private static Composition WithSample(Composition of, byte[] like, byte[]? mark = null)
    {
        var random = new Random(5346);
        of = of with { Sample = null };
        if (like.Length > 0 && Encoded(of.Format, like) is not null)
        {
            return of with { Sample = like };
        }
        for (var i = 0; i < 200; i++)
        {
            var bytes = of.Bytes(random, random.Next(1, 14));
            var candidate = (i % 5) switch
            {
                0 => of.Shape(bytes),
                1 => of.Shape([.. like, .. bytes]),
                2 => Composition.Overlaid(of.Shape(bytes), mark),
                3 => [of.Alphabet[^(1 + random.Next(Math.Min(3, of.Alphabet.Length)))], .. bytes],
                _ => like.Length > 0 ? like[..^random.Next(like.Length)] : bytes,
            };
            if (Encoded(of.Format, candidate) is not null)
            {
                return of with { Sample = candidate };
            }
        }
        for (var length = 0; length <= Math.Min(300, of.Format.MaxFrameLength); length++)
        {
            var candidate = new byte[length];
            candidate.AsSpan().Fill((byte)'x');
            if (Encoded(of.Format, candidate) is not null)
            {
                return of with { Sample = candidate };
            }
        }
        return of;
    }

    private static byte[]? Encoded(FrameFormat format, byte[] payload)
    {
        var into = new TightWriter();
        try
        {
            format.Encode(payload, into);
            return into.Written.ToArray();
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    private static IEnumerable<Composition> Lengths()
    {
        (int Width, ByteOrder Order)[] fields =
        [
            (1, ByteOrder.BigEndian), (2, ByteOrder.BigEndian), (2, ByteOrder.LittleEndian),
            (3, ByteOrder.LittleEndian), (4, ByteOrder.BigEndian), (8, ByteOrder.LittleEndian),
        ];
        foreach (var (width, order) in fields)
        {
            yield return new($"LengthPrefixed({width}, {order})", Frames.LengthPrefixed(width, order, 60))
            {
                Alphabet = [0, 1, 60, 61, 0xFF],
            };
        }
    }

    private static IEnumerable<Composition> Headers()
    {
        LengthField[] fields =
        [
            new(2) { Offset = 1 },
            new(2) { Adjustment = -2 },
            new(2, ByteOrder.LittleEndian) { Offset = 2, Adjustment = -4 },
            new(1) { BytesToStrip = 3 },
            new(1) { Offset = 2 },
            new(1) { BytesToStrip = 0 },
            new(2) { Offset = 1, BytesToStrip = 0 },
            new(1) { Offset = 2, Adjustment = 2, BytesToStrip = 0 },
            new(2) { Adjustment = -2, BytesToStrip = 0 },
            new(2, ByteOrder.LittleEndian) { Offset = 2, Adjustment = -4, BytesToStrip = 0 },
            new(2) { Adjustment = 4, BytesToStrip = 0 },
            new(1) { Offset = 3, BytesToStrip = 2 },
            new(4) { BytesToStrip = 2 },
            new(8, ByteOrder.LittleEndian) { BytesToStrip = 0 },
            new(3) { Offset = 4, BytesToStrip = 3 },
            new(1) { Offset = 5, Adjustment = -6, BytesToStrip = 0 },
        ];
        foreach (var field in fields)
        {
            var end = field.Offset + field.Width - field.BytesToStrip;
            var owned = end <= 0 ? ..0 : Math.Max(0, field.Offset - field.BytesToStrip)..end;
            yield return new($"LengthPrefixed({field})", Frames.LengthPrefixed(field, 60))
            {
                Alphabet = [0, 1, 2, 3, 4, 60, 61, (byte)'x'],
                Shape = bytes => FormatTable.Stretched(bytes, Math.Max(bytes.Length, Math.Max(end, end + field.Adjustment))),
                Owned = _ => owned,
            };
        }
    }

    private static IEnumerable<Composition> Others()
    {
        byte[] digits = [.. "0123456789:,"u8];
        yield return new("Varint(60)", Frames.VarintPrefixed(60)) { Alphabet = [0, 1, 60, 61, 0x80] };
        yield return new("Varint(300)", Frames.VarintPrefixed(300)) { Alphabet = [0, 1, 2, 0x80, 0xAC] };
        yield return new("Digits(1)", Frames.DigitsPrefixed(1)) { Alphabet = digits, Shape = bytes => bytes[..Math.Min(9, bytes.Length)] };
        yield return new("Digits(3)", Frames.DigitsPrefixed(3, 60)) { Alphabet = digits };
        yield return new("Netstrings(60)", Frames.Netstrings(60)) { Alphabet = digits };
        yield return new("Netstrings(300)", Frames.Netstrings(300)) { Alphabet = digits };
        foreach (var length in new[] { 1, 2, 9, 64 })
        {
            yield return new($"Fixed({length})", Frames.Fixed(length)) { Shape = bytes => FormatTable.Stretched(bytes, length) };
        }
        yield return new("UntilClose(60)", Frames.UntilClose(60)) { EndsStream = _ => true };
        yield return new("UntilClose(9)", Frames.UntilClose(9)) { EndsStream = _ => true };
    }

    private static IEnumerable<Composition> Delimiters()
    {
        foreach (var delimiter in new[] { "!", "\r\n", "\r\n\r\n", "aab", "aa", "abab", "--b" })
        {
            var bytes = Encoding.ASCII.GetBytes(delimiter);
            yield return new($"Delimited({Convert.ToHexString(bytes)})", Frames.Delimited(bytes, 60)) { Alphabet = [.. bytes, (byte)'x'] };
        }
        byte[] ends = [13, 10, 13, (byte)'x'];
        yield return new("Nul", Frames.Nul(60)) { Alphabet = [0, 1] };
        yield return new("Lines", Frames.Lines(maxFrameLength: 60)) { Alphabet = ends };
        yield return new("Lines(8)", Frames.Lines(maxFrameLength: 8)) { Alphabet = ends };
        yield return new("Lines(strict)", Frames.Lines(strict: true, 60)) { Alphabet = ends };
    }

    private static IEnumerable<Composition> Marks()
    {
        yield return new("Cobs(60)", Frames.Cobs(60)) { Alphabet = [0, 0, 1, 2, 0xFF] };
        yield return new("Cobs(300)", Frames.Cobs(300)) { Alphabet = [0, 1, 0xFE, 0xFF] };
        (string Name, FrameMarks Marks)[] kinds =
        [
            ("SLIP", FrameMarks.Slip),
            ("HDLC", FrameMarks.Hdlc),
            ("JT/T 808", FrameMarks.Jt808),
            ("two, mask", new(2, 3) { Escape = 0x10, EscapeMask = 0x80 }),
            ("two, codes", new(4, 5) { Escape = 6, EscapeCodes = new Dictionary<byte, byte> { [4] = 1, [5] = 2, [6] = 3, [9] = 7 } }),
            ("two, the escape doubled", new(2, 3) { Escape = 6, EscapeCodes = new Dictionary<byte, byte> { [2] = 8, [3] = 9, [6] = 6 } }),
            ("two, the first optional", new(2, 3) { StartIsOptional = true, Escape = 0x10, EscapeMask = 0x20 }),
            ("two, no escape", new((byte)'$', (byte)'#')),
            ("one, no escape", new((byte)'$', (byte)'$')),
        ];
        foreach (var (name, marks) in kinds)
        {
            yield return new($"Marked({name})", Frames.Marked(marks, 60))
            {
                Alphabet = [marks.Start, marks.Stop, marks.Escape ?? 0, (byte)(marks.Start ^ 0x20), (byte)'x'],
            };
        }
    }

    private static IEnumerable<Composition> Tags()
    {
        var lengths = new Dictionary<byte, int> { [0] = 1, [1] = 4, [(byte)'x'] = 9, [0xFF] = 20 };
        yield return new("Tagged(lengths)", Frames.Tagged(lengths))
        {
            Alphabet = [.. lengths.Keys],
            Shape = bytes => bytes.Length == 0 ? [0] : FormatTable.Stretched(bytes, lengths.GetValueOrDefault(bytes[0], 5)),
        };
        var formats = new Dictionary<byte, FrameFormat>
        {
            [(byte)'x'] = Frames.LengthPrefixed(new LengthField(1) { Offset = 1, BytesToStrip = 0 }, 40),
            [(byte)'y'] = Frames.Lines(maxFrameLength: 40),
            [1] = Frames.Slip(40),
            [2] = Frames.Netstrings(40).WithChecksum(Checksum.Sum8),
            [3] = Frames.UntilClose(40),
        };
        foreach (var tag in formats.Keys)
        {
            yield return new($"Tagged(formats), {tag}", Frames.Tagged(formats))
            {
                Alphabet = [.. formats.Keys, 0xC0, 10],
                Shape = bytes => FormatTable.Stretched([tag, .. bytes], Math.Max(3, bytes.Length + 1)),
                Owned = payload => payload is [(byte)'x', ..] ? 2..3 : ..0,
                EndsStream = payload => payload is [3, ..],
            };
        }
    }
}
