using System.Text;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Every format of <see cref="Frames"/>, with the parameters that change its behaviour. A format that is not here is not
/// proved.</summary>
internal static class FormatTable
{
    private static readonly FormatCase[] Cases =
    [
        .. FixedLengths(),
        .. PrefixedFormats.All(),
        .. DelimitedFormats.All(),
        .. Escapes(),
        .. Tags(),
        .. Ends(),
        .. MarkedFormats.All(),
        .. DecoratedFormats.All(),
    ];

    private static readonly Dictionary<string, FormatCase> ByName = Cases.ToDictionary(of => of.Name);

    public static TheoryData<string> Names => [.. Cases.Select(of => of.Name)];

    public static IReadOnlyList<FormatCase> All => Cases;

    public static FormatCase Of(string name) => ByName[name];

    private static IEnumerable<FormatCase> FixedLengths()
    {
        foreach (var length in new[] { 1, 7, 64, 1000 })
        {
            yield return new FormatCase(
                $"Fixed({length})",
                Frames.Fixed(length)) { Shape = bytes => Stretched(bytes, length), Carries = bytes => bytes.Length == length };
        }
    }

    private static IEnumerable<FormatCase> Escapes()
    {
        foreach (var limit in new[] { 5, 30, 253, 254, 255, 4000 })
        {
            yield return new FormatCase(
                $"Cobs({limit})",
                Frames.Cobs(limit)) { Alphabet = [0, 0, 1, 2, 3, 0xFE, 0xFF], Streams = [
                    [1, 0], [0, 0, 1, 0, 0], [3, 1, 0], [2, 1, 1, 0, 5, 1, 0]] };
        }
        foreach (var limit in new[] { 5, 30, 4000 })
        {
            yield return new FormatCase($"Slip({limit})", Frames.Slip(limit))
            {
                Alphabet = [0xC0, 0xDB, 0xDC, 0xDD],
                Carries = bytes => bytes.Length > 0,
                Streams = [
                    [0xC0, 0xC0, 0xC0],
                    [0xC0, 1, 0xC0, 2, 0xC0],
                    [0xC0, 0xDB, 0xC0],
                    [0xC0, 0xDB, 1, 0xC0],
                    [1, 0xC0],
                    [0xC0, 0xDB, 0xDC, 0xDB, 0xDD, 0xC0, 0xC0],
                    [0xC0, 0xDB]],
            };
        }
    }

    private static IEnumerable<FormatCase> Tags()
    {
        var lengths = new Dictionary<byte, int> { [0] = 1, [1] = 2, [(byte)'a'] = 9, [0xFF] = 300 };
        yield return new FormatCase("Tagged(lengths)", Frames.Tagged(lengths))
        {
            Alphabet = [.. lengths.Keys, 7],
            Shape = bytes => bytes.Length == 0 ? [0] : Stretched(bytes, lengths.GetValueOrDefault(bytes[0], 5)),
            Carries = bytes => bytes.Length > 0 && lengths.TryGetValue(bytes[0], out var length) && bytes.Length == length,
        };
        var formats = new Dictionary<byte, FrameFormat>
        {
            [0x78] = Frames.LengthPrefixed(1, maxFrameLength: 40),
            [0x79] = Frames.LengthPrefixed(2, maxFrameLength: 1000),
            [(byte)'T'] = Frames.Lines(maxFrameLength: 100),
            [0] = Frames.Fixed(3),
            [1] = Frames.Cobs(50),
        };
        yield return new FormatCase("Tagged(formats)", Frames.Tagged(formats))
        {
            Alphabet = [.. formats.Keys, 2, 10],
            Shape = bytes => bytes.Length == 0 ? [0x78] : bytes[0] == 0 ? Stretched(bytes, 4) : bytes,
            Carries = bytes => bytes.Length > 0 && bytes[0] switch
            {
                0x78 => bytes.Length <= 41,
                0x79 => bytes.Length <= 1001,
                (byte)'T' => bytes.Length <= 101 && !bytes.AsSpan(1).Contains((byte)'\n'),
                0 => bytes.Length == 4,
                1 => bytes.Length <= 51,
                _ => false,
            },
        };
    }

    private static IEnumerable<FormatCase> Ends()
    {
        foreach (var limit in new[] { 0, 10, 5000 })
        {
            yield return new FormatCase($"UntilClose({limit})", Frames.UntilClose(limit)) { OneFrame = true };
        }
    }

    internal static byte[] Stretched(byte[] bytes, int length)
    {
        var all = new byte[length];
        bytes.AsSpan(0, Math.Min(bytes.Length, length)).CopyTo(all);
        return all;
    }

    internal static IEnumerable<byte[]> Texts(params string[] texts) => texts.Select(Encoding.UTF8.GetBytes);
}
