using System.Buffers;
using System.Globalization;
using System.Text;

namespace Zocalo.Cli;

/// <summary>The text of <c>--send</c>: UTF-8, with the escapes \n \r \t \0 \\ \" and \xHH (one raw byte).</summary>
internal static class Escapes
{
    public static bool TryUnescape(string text, out byte[] bytes, out string error)
    {
        bytes = [];
        error = "";
        var result = new ArrayBufferWriter<byte>(text.Length + 1);
        int at = 0;
        while (at < text.Length)
        {
            int backslash = text.IndexOf('\\', at);
            int end = backslash < 0 ? text.Length : backslash;
            Encoding.UTF8.GetBytes(text.AsSpan(at, end - at), result);
            at = end;
            if (at == text.Length)
            {
                break;
            }
            if (!TryReadOne(text.AsSpan(at), out byte value, out int length))
            {
                string shown = text.Substring(at, Math.Min(length, text.Length - at));
                error = $"'{shown}' is not an escape; there are \\n \\r \\t \\0 \\xHH and \\\\ (a backslash)";
                return false;
            }
            result.Write([value]);
            at += length;
        }
        bytes = result.WrittenSpan.ToArray();
        return true;
    }

    // Reads the escape at the start of the text; length is what it covers, also when it is wrong.
    private static bool TryReadOne(ReadOnlySpan<char> text, out byte value, out int length)
    {
        length = 2;
        value = 0;
        if (text.Length < 2)
        {
            return false;
        }
        switch (text[1])
        {
            case 'n': value = (byte)'\n'; return true;
            case 'r': value = (byte)'\r'; return true;
            case 't': value = (byte)'\t'; return true;
            case '0': value = 0; return true;
            case '\\' or '"': value = (byte)text[1]; return true;
            case 'x':
                length = 4;
                return text.Length >= 4
                    && byte.TryParse(text.Slice(2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
            default: return false;
        }
    }
}
