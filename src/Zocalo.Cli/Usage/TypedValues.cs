using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli;

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

/// <summary>Bytes as people write them.</summary>
internal static class TypedBytes
{
    /// <summary>Hexadecimal: <c>0d0a</c>, or <c>0d 0a</c> as a dump shows them.</summary>
    /// <returns>False when there is something else than pairs of digits and blanks.</returns>
    public static bool TryParseHex(string text, out byte[] bytes)
    {
        try
        {
            bytes = Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));
            return true;
        }
        catch (FormatException)
        {
            bytes = [];
            return false;
        }
    }

    /// <summary>The text of <c>--send</c>: UTF-8, with the escapes \n \r \t \0 \\ \" and \xHH (one raw byte).</summary>
    public static bool TryUnescape(string text, out byte[] bytes, out string? error)
    {
        bytes = [];
        error = null;
        var result = new ArrayBufferWriter<byte>(text.Length + 1);
        for (var at = 0; at < text.Length;)
        {
            var backslash = text.IndexOf('\\', at);
            var end = backslash < 0 ? text.Length : backslash;
            Encoding.UTF8.GetBytes(text.AsSpan(at, end - at), result);
            if (backslash < 0)
            {
                break;
            }
            if (!TryReadOne(text.AsSpan(backslash), out var value, out var length))
            {
                var shown = text.Substring(backslash, Math.Min(length, text.Length - backslash));
                error = $"'{shown}' is not an escape; there are \\n \\r \\t \\0 \\xHH and \\\\ (a backslash)";
                return false;
            }
            result.Write([value]);
            at = backslash + length;
        }
        bytes = result.WrittenSpan.ToArray();
        return true;
    }

    // Reads the escape at the start of the text; length is what it covers, also when it is wrong.
    private static bool TryReadOne(ReadOnlySpan<char> text, out byte value, out int length)
    {
        length = text is [_, 'x', ..] ? 4 : 2;
        value = 0;
        switch (text)
        {
            case [_, 'n', ..]: value = (byte)'\n'; return true;
            case [_, 'r', ..]: value = (byte)'\r'; return true;
            case [_, 't', ..]: value = (byte)'\t'; return true;
            case [_, '0', ..]: return true;
            case [_, '\\' or '"', ..]: value = (byte)text[1]; return true;
            default: return length == 4 && text.Length >= 4
                && byte.TryParse(text.Slice(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
        }
    }
}
