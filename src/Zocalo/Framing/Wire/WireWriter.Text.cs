using Zocalo.Framing.Wire;

namespace Zocalo;

// Text. A length in front of it is written like any other number: WriteUInt16BigEndian(checked((ushort)WireWriter.MeasureUtf8(name))), then
// WriteUtf8(name).
public readonly ref partial struct WireWriter
{
    /// <summary>How many bytes <see cref="WriteUtf8"/> writes for this text.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair.</exception>
    public static int MeasureUtf8(ReadOnlySpan<char> text) => WireText.Measure(Charset.Utf8, text);

    /// <summary>Writes ASCII.</summary>
    /// <exception cref="ArgumentException">A character is above U+007F. Nothing was written.</exception>
    public void WriteAscii(ReadOnlySpan<char> text) => PutText(Charset.Ascii, text, null);

    /// <summary>Writes ASCII and, after it, <paramref name="terminator"/>.</summary>
    /// <exception cref="ArgumentException">A character is above U+007F, or the text contains the terminator and would end early. Nothing
    /// was written.</exception>
    public void WriteAsciiTerminated(ReadOnlySpan<char> text, byte terminator = 0) => PutText(Charset.Ascii, text, terminator);

    /// <summary>Writes Latin-1 (ISO 8859-1).</summary>
    /// <exception cref="ArgumentException">A character is above U+00FF. Nothing was written.</exception>
    public void WriteLatin1(ReadOnlySpan<char> text) => PutText(Charset.Latin1, text, null);

    /// <summary>Writes Latin-1 (ISO 8859-1) and, after it, <paramref name="terminator"/>.</summary>
    /// <exception cref="ArgumentException">A character is above U+00FF, or the text contains the terminator and would end early. Nothing
    /// was written.</exception>
    public void WriteLatin1Terminated(ReadOnlySpan<char> text, byte terminator = 0) => PutText(Charset.Latin1, text, terminator);

    /// <summary>Writes UTF-8 (RFC 3629), without a byte order mark.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair. Nothing was written.</exception>
    public void WriteUtf8(ReadOnlySpan<char> text) => PutText(Charset.Utf8, text, null);

    /// <summary>Writes UTF-8 (RFC 3629) and, after it, <paramref name="terminator"/>.</summary>
    /// <exception cref="ArgumentException">The text has half of a surrogate pair, or the text contains the terminator and would end early.
    /// Nothing was written.</exception>
    public void WriteUtf8Terminated(ReadOnlySpan<char> text, byte terminator = 0) => PutText(Charset.Utf8, text, terminator);

    private void PutText(Charset charset, ReadOnlySpan<char> text, byte? terminator)
    {
        var count = WireText.Measure(charset, text);
        var room = _output.GetSpan(count + 1);
        WireText.Encode(charset, text, room);
        if (terminator is { } end)
        {
            if (room[..count].Contains(end))
            {
                throw new ArgumentException($"The text contains its terminator, the byte 0x{end:X2}: it would end there.", nameof(text));
            }
            room[count++] = end;
        }
        _output.Advance(count);
    }
}
