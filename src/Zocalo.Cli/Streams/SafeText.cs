using System.Buffers;
using System.Text;

namespace Zocalo.Cli;

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
        int at = 0;
        while (at < bytes.Length)
        {
            ReadOnlySpan<byte> rest = bytes[at..];
            int length = 1;
            bool isPlain = rest[0] is >= 0x20 and < 0x7F or (byte)'\t' || (keepsLines && rest[0] == (byte)'\n');
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
                OperationStatus status = Rune.DecodeFromUtf8(rest, out Rune rune, out length);
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
        foreach (byte value in bytes)
        {
            switch (value)
            {
                case (byte)'\n': into.Write("\\n"u8); break;
                case (byte)'\r': into.Write("\\r"u8); break;
                default:
                    into.Write("\\x"u8);
                    into.Write([Digit(value >> 4), Digit(value & 0xF)]);
                    break;
            }
        }
    }

    private static byte Digit(int value) => (byte)"0123456789abcdef"[value];
}
