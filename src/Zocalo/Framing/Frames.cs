using Zocalo.Framing.Formats;

namespace Zocalo;

/// <summary>The usual ways to mark where a message ends. Every format is checked when it is made, is immutable, and can be shared by any
/// number of connections.</summary>
/// <remarks>
/// <c>maxFrameLength</c> limits a payload, in bytes, in both directions: 1 MiB unless set. A longer payload throws an
/// <see cref="ArgumentException"/> when it is sent and a <see cref="FrameException"/> when it is received, before memory is allocated for
/// it.
/// </remarks>
public static class Frames
{
    /// <summary>Every message has the same length.</summary>
    /// <param name="length">Bytes, at least 1.</param>
    public static FrameFormat Fixed(int length) => new FixedFormat(length);

    /// <summary>A binary length, unsigned, then that many bytes.</summary>
    /// <param name="width">Bytes of the length: 1, 2, 3, 4 or 8.</param>
    /// <param name="order">The order of its bytes; network order unless set.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat LengthPrefixed(
        int width = 4, ByteOrder order = ByteOrder.BigEndian, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new LengthPrefixedFormat(new LengthField(width, order), maxFrameLength);

    /// <summary>A binary length somewhere in a header.</summary>
    /// <param name="field">The position of the length and what it counts.</param>
    /// <param name="maxFrameLength">The longest payload as delivered, in bytes.</param>
    public static FrameFormat LengthPrefixed(LengthField field, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new LengthPrefixedFormat(field, maxFrameLength);

    /// <summary>A length in LEB128 (seven bits in each byte, the lowest first, as in Protocol Buffers), then that many bytes. A length that
    /// uses more bytes than it needs is refused.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat VarintPrefixed(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new VarintPrefixedFormat(maxFrameLength);

    /// <summary>A length in ASCII digits, always the same number of digits with zeros in front, then that many bytes.</summary>
    /// <param name="digits">1 to 9.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat DigitsPrefixed(int digits = 5, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DigitsPrefixedFormat(digits, maxFrameLength);

    /// <summary>Netstrings: <c>5:hello,</c> (D. J. Bernstein, 1997). Zeros in front of the length are refused.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Netstrings(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new NetstringFormat(maxFrameLength);

    /// <summary>A message ends at the first delimiter, which is not part of it. A message that contains the delimiter cannot be
    /// sent.</summary>
    /// <param name="delimiter">1 to 255 bytes.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Delimited(ReadOnlySpan<byte> delimiter, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DelimitedFormat(delimiter, maxFrameLength);

    /// <summary>
    /// Lines of text or of any other bytes. LF and CRLF are read; LF is written, or CRLF after a line that itself ends with CR (with LF
    /// alone the reader would take that CR for part of the line end). A line that contains an LF cannot be sent.
    /// </summary>
    /// <param name="strict">Reads and writes CRLF only, and refuses an LF or CR by itself (when the two sides disagree about what ends a
    /// line, a message can be smuggled into another one: CVE-2025-55315).</param>
    /// <param name="maxFrameLength">The longest line without its end, in bytes.</param>
    public static FrameFormat Lines(bool strict = false, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new LinesFormat(strict, maxFrameLength);

    /// <summary>A message ends with a zero byte.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Nul(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DelimitedFormat([0], maxFrameLength, "Nul");

    /// <summary>Consistent Overhead Byte Stuffing: a zero byte ends a frame and never occurs inside it (Cheshire and Baker, 1999). A zero
    /// byte directly after another one is filler.</summary>
    /// <param name="maxFrameLength">The longest payload, unstuffed, in bytes.</param>
    public static FrameFormat Cobs(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new CobsFormat(maxFrameLength);

    /// <summary>SLIP (RFC 1055): END (0xC0) before and after a frame, escaped inside. An empty frame is filler, so an empty message cannot
    /// be sent.</summary>
    /// <param name="maxFrameLength">The longest payload, unescaped, in bytes.</param>
    public static FrameFormat Slip(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new MarkedFormat(FrameMarks.Slip, maxFrameLength);

    /// <summary>A start mark, the message with its marks escaped, a stop mark: used on serial lines and by vehicle trackers.</summary>
    /// <param name="marks">The marks and the escapes.</param>
    /// <param name="maxFrameLength">The longest payload, unescaped, in bytes.</param>
    public static FrameFormat Marked(FrameMarks marks, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new MarkedFormat(marks, maxFrameLength);

    /// <summary>The first byte, the tag, decides the length. The tag is part of the payload.</summary>
    /// <param name="lengths">For each tag the length of the whole message including the tag, in bytes, at least 1. Other tags are
    /// refused.</param>
    public static FrameFormat Tagged(IReadOnlyDictionary<byte, int> lengths) => new TaggedLengthFormat(lengths);

    /// <summary>The first byte, the tag, decides which format reads the rest. The payload is the tag followed by the payload of that
    /// format.</summary>
    /// <param name="formats">For each tag the format of the bytes after it. Other tags are refused.</param>
    public static FrameFormat Tagged(IReadOnlyDictionary<byte, FrameFormat> formats) => new TaggedFormat(formats);

    /// <summary>All bytes until the peer finishes its output are one message, which may be empty. The sender ends it with
    /// <see cref="Connection.CompleteOutputAsync"/>.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat UntilClose(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new UntilCloseFormat(maxFrameLength);
}
