using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli;

/// <summary>Bytes as text that a terminal can show: the way Python shows them, and the classic hex dump.</summary>
internal static class ByteText
{
    private const int DumpWidth = 16;

    /// <summary><c>b"Hello\n\xff"</c>: printable ASCII as it is, the rest escaped; always in double quotes.</summary>
    public static string Repr(ReadOnlySpan<byte> bytes)
    {
        var text = new StringBuilder(bytes.Length + 3).Append("b\"");
        foreach (var value in bytes)
        {
            switch (value)
            {
                case (byte)'\n': text.Append("\\n"); break;
                case (byte)'\r': text.Append("\\r"); break;
                case (byte)'\t': text.Append("\\t"); break;
                case (byte)'\\' or (byte)'"': text.Append('\\').Append((char)value); break;
                case >= 0x20 and < 0x7F: text.Append((char)value); break;
                default: text.Append("\\x").Append(value.ToString("x2", CultureInfo.InvariantCulture)); break;
            }
        }
        return text.Append('"').ToString();
    }

    /// <summary>Lines of 16 bytes with the offset in front: <c>00000010  48 65 …  |He…|</c>, each ended by a newline.</summary>
    /// <param name="bytes">What to show.</param>
    /// <param name="offset">Where its first byte stands in the whole stream.</param>
    public static string Dump(ReadOnlySpan<byte> bytes, long offset)
    {
        var text = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += DumpWidth)
        {
            AppendLine(text, bytes[at..Math.Min(at + DumpWidth, bytes.Length)], offset + at);
        }
        return text.ToString();
    }

    /// <summary>Makes a text safe for one line of a terminal or a log: control characters become <c>\xHH</c>.</summary>
    public static string OneLine(string text) => text.Any(char.IsControl)
        ? string.Concat(text.Select(c => char.IsControl(c) ? $"\\x{(int)c:x2}" : $"{c}"))
        : text;

    private static void AppendLine(StringBuilder text, ReadOnlySpan<byte> line, long offset)
    {
        text.Append(offset.ToString("x8", CultureInfo.InvariantCulture)).Append(' ');
        for (var i = 0; i < DumpWidth; i++)
        {
            text.Append(i == DumpWidth / 2 ? "  " : " ");
            text.Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ");
        }
        text.Append("  |");
        foreach (var value in line)
        {
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        }
        text.Append("|\n");
    }
}

/// <summary>
/// Bytes as a terminal may show them: UTF-8 stays as it is; control characters (C0 and C1, DEL) and what is not UTF-8 become <c>\xHH</c>,
/// so that what a peer sends can neither move the cursor nor give the terminal commands.
/// </summary>
internal static class SafeText
{
    /// <summary>Writes what can be judged.</summary>
    /// <param name="bytes">What came, after what an earlier call left over.</param>
    /// <param name="isLast">Whether nothing follows: then nothing is left over.</param>
    /// <param name="keepsLines">Whether the ends of lines, LF and CRLF, stay as they are; if not, they are escaped as well.</param>
    /// <param name="into">Where the text goes.</param>
    /// <returns>How many bytes were judged; the rest, at most 3, is the beginning of a character or of CRLF.</returns>
    public static int Write(ReadOnlySpan<byte> bytes, bool isLast, bool keepsLines, IBufferWriter<byte> into)
    {
        var at = 0;
        while (at < bytes.Length)
        {
            var rest = bytes[at..];
            var length = 1;
            var isPlain = rest[0] is >= 0x20 and < 0x7F or (byte)'\t' || (keepsLines && rest[0] == (byte)'\n');
            if (rest[0] == (byte)'\r' && keepsLines)
            {
                if (rest.Length == 1 && !isLast)
                {
                    break;
                }
                isPlain = rest.Length > 1 && rest[1] == (byte)'\n';
            }
            else if (rest[0] >= 0x80)
            {
                var status = Rune.DecodeFromUtf8(rest, out var rune, out length);
                if (status == OperationStatus.NeedMoreData && !isLast)
                {
                    break;
                }
                isPlain = status == OperationStatus.Done && !Rune.IsControl(rune);
            }
            if (isPlain)
            {
                into.Write(rest[..length]);
            }
            else
            {
                Escape(rest[..length], into);
            }
            at += length;
        }
        return at;
    }

    private static void Escape(ReadOnlySpan<byte> bytes, IBufferWriter<byte> into)
    {
        foreach (var value in bytes)
        {
            switch (value)
            {
                case (byte)'\n': into.Write("\\n"u8); break;
                case (byte)'\r': into.Write("\\r"u8); break;
                default: Encoding.ASCII.GetBytes($"\\x{value:x2}", into); break;
            }
        }
    }
}

/// <summary>Times as people write them: <c>500ms</c>, <c>2s</c>, <c>1.5m</c>, <c>1h</c>. A bare number is seconds, as with sleep(1) and
/// timeout(1).</summary>
internal static class Duration
{
    // The longest that a timer of .NET can wait is a little more than this.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(24);

    private static readonly char[] Letters = [.. "abcdefghijklmnopqrstuvwxyz"];

    public static bool TryParse(string text, out TimeSpan duration, out string? error)
    {
        var number = text.TrimEnd(Letters);
        var suffix = text[number.Length..];
        var unit = suffix switch { "ms" => 1, "s" or "" => 1_000, "m" => 60_000, "h" => 3_600_000, _ => 0 };
        const NumberStyles Styles = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        var isNumber = double.TryParse(number, Styles, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value);
        error =
            !isNumber ? $"'{text}' is not a time; write 2 (seconds), 2s, 500ms or 1m"
            : unit == 0 ? $"'{suffix}' is not a unit of time; write {number}ms, {number}s, {number}m or {number}h"
            : value * unit < 1 ? $"'{text}' is too short; the least is 1ms"
            : value * unit > Longest.TotalMilliseconds ? $"'{text}' is too long; the most is {Longest.TotalHours:0}h"
            : null;
        duration = error is null ? TimeSpan.FromMilliseconds(value * unit) : default;
        return error is null;
    }

    /// <summary>The shortest way to write it, for a line that a person reads.</summary>
    public static string Format(TimeSpan duration) => duration switch
    {
        { TotalMilliseconds: < 1_000 } => $"{duration.TotalMilliseconds:0.###} ms",
        { TotalSeconds: <= 120 } => $"{duration.TotalSeconds:0.###} s",
        _ => $"{duration.TotalMinutes:0.###} min",
    };
}
