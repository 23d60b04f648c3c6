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
        foreach (byte value in bytes)
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
        for (; !bytes.IsEmpty; offset += DumpWidth)
        {
            ReadOnlySpan<byte> line = bytes[..Math.Min(DumpWidth, bytes.Length)];
            AppendLine(text, line, offset);
            bytes = bytes[line.Length..];
        }
        return text.ToString();
    }

    /// <summary>Makes a text safe for one line of a terminal or a log: control characters become <c>\xHH</c>.</summary>
    public static string OneLine(string text)
    {
        if (!text.Any(char.IsControl))
        {
            return text;
        }
        var safe = new StringBuilder(text.Length + 8);
        foreach (char c in text)
        {
            if (char.IsControl(c))
            {
                safe.Append("\\x").Append(((int)c).ToString("x2", CultureInfo.InvariantCulture));
            }
            else
            {
                safe.Append(c);
            }
        }
        return safe.ToString();
    }

    private static void AppendLine(StringBuilder text, ReadOnlySpan<byte> line, long offset)
    {
        text.Append(offset.ToString("x8", CultureInfo.InvariantCulture)).Append(' ');
        for (int i = 0; i < DumpWidth; i++)
        {
            text.Append(i == DumpWidth / 2 ? "  " : " ");
            text.Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ");
        }
        text.Append("  |");
        foreach (byte value in line)
        {
            text.Append(value is >= 0x20 and < 0x7F ? (char)value : '.');
        }
        text.Append("|\n");
    }
}
