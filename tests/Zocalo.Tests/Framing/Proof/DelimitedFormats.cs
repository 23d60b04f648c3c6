using System.Text;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Formats that end a message with a delimiter, such ones among them that overlap with themselves.</summary>
internal static class DelimitedFormats
{
    private static readonly byte[] LineEnds = "\r\n\n\ra"u8.ToArray();

    public static IEnumerable<FormatCase> All() => [.. Delimiters(), .. Lines()];

    private static IEnumerable<FormatCase> Delimiters()
    {
        string[] delimiters = ["\n", "\r\n", "\r\n\r\n", "aab", "aa", "abab", "--boundary", new string('a', 255)];
        foreach (var delimiter in delimiters.Select(Encoding.Latin1.GetBytes))
        {
            foreach (var limit in new[] { 5, 30, 4000 })
            {
                yield return new FormatCase(
                    $"Delimited({(delimiter.Length > 100 ? "255 a" : Convert.ToHexString(delimiter))}, {limit})",
                    Frames.Delimited(delimiter, limit))
                {
                    Alphabet = [.. delimiter, delimiter[0]],
                    Carries = bytes => EndsFirstAt(bytes, delimiter),
                };
            }
        }
    }

    private static IEnumerable<FormatCase> Lines()
    {
        foreach (var limit in new[] { 0, 5, 30, 4000 })
        {
            yield return new FormatCase($"Nul({limit})", Frames.Nul(limit)) { Carries = bytes => !bytes.Contains((byte)0) };
            yield return new FormatCase($"Lines({limit})", Frames.Lines(maxFrameLength: limit))
            {
                Alphabet = LineEnds,
                Carries = bytes => !bytes.Contains((byte)'\n'),
                Streams =
                [
                    .. FormatTable.Texts(
                        "a\r\nb\nc\r\r\n\r\n\n", "abcde\r\n", "abcdef\r\n", "abcdef\n", "abcde\r", "abcde\ra\n", "\r", "\r\r\n"),
                ],
            };
            yield return new FormatCase($"Lines(strict, {limit})", Frames.Lines(strict: true, limit))
            {
                Alphabet = LineEnds,
                Carries = bytes => !bytes.Contains((byte)'\n') && !bytes.Contains((byte)'\r'),
                Streams =
                [
                    .. FormatTable.Texts(
                        "a\r\nb\r\n\r\n", "a\nb\r\n", "a\rb\r\n", "a\r", "a\r\r\n", "abcde\r\n", "abcdef\r\n", "abcdef\n", "abcde\rx"),
                ],
            };
        }
    }

    /// <summary>The delimiter behind them does not stand earlier, in them or half in them.</summary>
    private static bool EndsFirstAt(byte[] bytes, byte[] delimiter)
    {
        byte[] both = [.. bytes, .. delimiter];
        return both.AsSpan().IndexOf(delimiter) == bytes.Length;
    }
}
