using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Zocalo.Framing.Wire;

namespace Zocalo;

// Text, by its length in bytes or up to a terminator. A length in front of it is read like any other number:
// ReadUtf8(ReadUInt16BigEndian()).
public ref partial struct WireReader
{
    // Text in several pieces is copied into a buffer of this size on the stack, or into a rented array if it is longer.
    private const int SeamRoom = 256;

    /// <summary>Reads that many bytes as ASCII, strictly: 7 bits.</summary>
    /// <exception cref="WireException">Fewer bytes are left, <paramref name="byteCount"/> is negative, or a byte is above 0x7F.</exception>
    public string ReadAscii(long byteCount) => TakeText(Charset.Ascii, byteCount);

    /// <summary>Reads what <see cref="ReadAscii"/> does, if it is there and well-formed.</summary>
    public bool TryReadAscii(long byteCount, [NotNullWhen(true)] out string? text) => TryTakeText(Charset.Ascii, byteCount, out text);

    /// <summary>Reads ASCII up to the next <paramref name="terminator"/>, which is read too and is not part of the text.</summary>
    /// <exception cref="WireException">There is no terminator, or a byte is above 0x7F.</exception>
    public string ReadAsciiTerminated(byte terminator = 0) => TakeTerminated(Charset.Ascii, terminator);

    /// <summary>Reads what <see cref="ReadAsciiTerminated"/> does, if it is there and well-formed.</summary>
    public bool TryReadAsciiTerminated([NotNullWhen(true)] out string? text, byte terminator = 0) =>
        TryTakeTerminated(Charset.Ascii, terminator, out text);

    /// <summary>Reads that many bytes as Latin-1 (ISO 8859-1), in which every byte is a character.</summary>
    /// <exception cref="WireException">Fewer bytes are left, <paramref name="byteCount"/> is negative.</exception>
    public string ReadLatin1(long byteCount) => TakeText(Charset.Latin1, byteCount);

    /// <summary>Reads what <see cref="ReadLatin1"/> does, if it is there.</summary>
    public bool TryReadLatin1(long byteCount, [NotNullWhen(true)] out string? text) => TryTakeText(Charset.Latin1, byteCount, out text);

    /// <summary>Reads Latin-1 (ISO 8859-1) up to the next <paramref name="terminator"/>, which is read too and is not part of the
    /// text.</summary>
    /// <exception cref="WireException">There is no terminator.</exception>
    public string ReadLatin1Terminated(byte terminator = 0) => TakeTerminated(Charset.Latin1, terminator);

    /// <summary>Reads what <see cref="ReadLatin1Terminated"/> does, if it is there.</summary>
    public bool TryReadLatin1Terminated([NotNullWhen(true)] out string? text, byte terminator = 0) =>
        TryTakeTerminated(Charset.Latin1, terminator, out text);

    /// <summary>Reads that many bytes as UTF-8 (RFC 3629), strictly; a byte order mark is a character like any other.</summary>
    /// <exception cref="WireException">Fewer bytes are left, <paramref name="byteCount"/> is negative, or they are not UTF-8.</exception>
    public string ReadUtf8(long byteCount) => TakeText(Charset.Utf8, byteCount);

    /// <summary>Reads what <see cref="ReadUtf8"/> does, if it is there and well-formed.</summary>
    public bool TryReadUtf8(long byteCount, [NotNullWhen(true)] out string? text) => TryTakeText(Charset.Utf8, byteCount, out text);

    /// <summary>Reads UTF-8 (RFC 3629) up to the next <paramref name="terminator"/>, which is read too and is not part of the
    /// text.</summary>
    /// <exception cref="WireException">There is no terminator, or they are not UTF-8.</exception>
    public string ReadUtf8Terminated(byte terminator = 0) => TakeTerminated(Charset.Utf8, terminator);

    /// <summary>Reads what <see cref="ReadUtf8Terminated"/> does, if it is there and well-formed.</summary>
    public bool TryReadUtf8Terminated([NotNullWhen(true)] out string? text, byte terminator = 0) =>
        TryTakeTerminated(Charset.Utf8, terminator, out text);

    private string TakeText(Charset charset, long byteCount)
    {
        if (!TryTakeText(charset, byteCount, out var text))
        {
            ThrowNoText(charset, byteCount);
        }
        return text;
    }

    private string TakeTerminated(Charset charset, byte terminator)
    {
        if (!TryTakeTerminated(charset, terminator, out var text))
        {
            var byteCount = Find(terminator);
            if (byteCount < 0)
            {
                ThrowUnterminated(terminator);
            }
            ThrowNoText(charset, byteCount);
        }
        return text;
    }

    private bool TryTakeTerminated(Charset charset, byte terminator, [NotNullWhen(true)] out string? text)
    {
        if (!TryTakeText(charset, Find(terminator), out text))
        {
            return false;
        }
        Advance(1);
        return true;
    }

    private bool TryTakeText(Charset charset, long byteCount, [NotNullWhen(true)] out string? text)
    {
        text = null;
        if (!Has(byteCount))
        {
            return false;
        }
        var count = (int)byteCount;
        text = count <= _rest.Length ? WireText.Decode(charset, _rest[..count]) : DecodeAcross(charset, count);
        if (text is null)
        {
            return false;
        }
        Advance(count);
        return true;
    }

    private readonly string? DecodeAcross(Charset charset, int count)
    {
        var rented = count > SeamRoom ? ArrayPool<byte>.Shared.Rent(count) : null;
        var bytes = (rented ?? stackalloc byte[SeamRoom])[..count];
        CopyTo(bytes);
        var text = WireText.Decode(charset, bytes);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
        return text;
    }

    [DoesNotReturn]
    private readonly void ThrowNoText(Charset charset, long byteCount) =>
        Throw($"{Bytes(byteCount)} of {WireText.NameOf(charset)}", Has(byteCount) ? "malformed ones" : $"{Remaining}");
}
