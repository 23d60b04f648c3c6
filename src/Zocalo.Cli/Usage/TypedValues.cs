using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli;

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
