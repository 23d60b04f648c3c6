using System.Text;
using System.Text.Unicode;

namespace Zocalo.Framing.Wire;

internal enum Charset
{
    Ascii,
    Latin1,
    Utf8,
}

/// <summary>Converts text to bytes and back, strictly: a character that the charset does not have is refused, never replaced by a question
/// mark.</summary>
internal static class WireText
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    internal static string NameOf(Charset charset) => charset switch
    {
        Charset.Ascii => "ASCII",
        Charset.Latin1 => "Latin-1",
        _ => "UTF-8",
    };

    /// <summary>The text, or null if the bytes are not valid.</summary>
    internal static string? Decode(Charset charset, ReadOnlySpan<byte> bytes)
    {
        var isText = charset switch
        {
            Charset.Ascii => Ascii.IsValid(bytes),
            Charset.Latin1 => true,
            _ => Utf8.IsValid(bytes),
        };
        return isText ? EncodingOf(charset).GetString(bytes) : null;
    }

    /// <summary>How many bytes <see cref="Encode"/> will write.</summary>
    /// <exception cref="ArgumentException">The text has a character that the charset does not have, or half of a surrogate
    /// pair.</exception>
    internal static int Measure(Charset charset, ReadOnlySpan<char> text)
    {
        var isText = charset switch
        {
            Charset.Ascii => Ascii.IsValid(text),
            Charset.Latin1 => !text.ContainsAnyExceptInRange('\u0000', '\u00FF'),
            _ => true,      // GetByteCount checks it
        };
        if (!isText)
        {
            throw new ArgumentException($"The text has characters that {NameOf(charset)} has not.", nameof(text));
        }
        return EncodingOf(charset).GetByteCount(text);
    }

    /// <summary>Writes text that was measured before.</summary>
    internal static void Encode(Charset charset, ReadOnlySpan<char> text, Span<byte> room) => EncodingOf(charset).GetBytes(text, room);

    private static Encoding EncodingOf(Charset charset) => charset switch
    {
        Charset.Ascii => Encoding.ASCII,
        Charset.Latin1 => Encoding.Latin1,
        _ => StrictUtf8,
    };
}
