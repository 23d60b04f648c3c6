using Zocalo.Framing.Formats;

namespace Zocalo;

/// <summary>The usual ways to mark where a message ends. Every format is checked when it is made, immutable, and shared by any number of
/// connections.</summary>
/// <remarks>
/// <c>maxFrameLength</c> limits a payload, in bytes, in both directions: 1 MiB unless set. What passes it ends in an
/// <see cref="ArgumentException"/> when sending and in a <see cref="FrameException"/> when receiving, before memory is taken for it.
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
    /// <param name="field">Where it lies and what it counts.</param>
    /// <param name="maxFrameLength">The longest payload as delivered, in bytes.</param>
    public static FrameFormat LengthPrefixed(LengthField field, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new LengthPrefixedFormat(field, maxFrameLength);

    /// <summary>A length in LEB128 (seven bits a byte, the lowest first, as in Protocol Buffers), then that many bytes. A length in more
    /// bytes than it needs is refused.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat VarintPrefixed(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new VarintPrefixedFormat(maxFrameLength);

    /// <summary>A length in ASCII digits, always that many of them with zeros in front, then that many bytes.</summary>
    /// <param name="digits">1 to 9.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat DigitsPrefixed(int digits = 5, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DigitsPrefixedFormat(digits, maxFrameLength);

    /// <summary>Netstrings: <c>5:hello,</c> (D. J. Bernstein, 1997). Zeros in front of the length are refused.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Netstrings(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new NetstringFormat(maxFrameLength);

    /// <summary>A message ends where the delimiter first stands, which is not part of it. A message that contains the delimiter cannot be
    /// sent.</summary>
    /// <param name="delimiter">1 to 255 bytes.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Delimited(ReadOnlySpan<byte> delimiter, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DelimitedFormat(delimiter, maxFrameLength);

    /// <summary>
    /// Lines of text or of anything else: reads LF and CRLF, writes LF; and CRLF behind a line that ends with a CR of its own, which would
    /// be taken for a part of the end. A line that contains an LF cannot be sent.
    /// </summary>
    /// <param name="strict">Reads and writes CRLF only, and refuses an LF or CR by itself (what one side takes for an end and the other
    /// does not lets a message be smuggled into another: CVE-2025-55315).</param>
    /// <param name="maxFrameLength">The longest line without its end, in bytes.</param>
    public static FrameFormat Lines(bool strict = false, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new LinesFormat(strict, maxFrameLength);

    /// <summary>A message ends with a zero byte.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat Nul(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new DelimitedFormat([0], maxFrameLength, "Nul");

    /// <summary>Consistent Overhead Byte Stuffing: zero ends a frame and never occurs in it (Cheshire and Baker, 1999). Empty frames
    /// between two zeros are filler.</summary>
    /// <param name="maxFrameLength">The longest payload, unstuffed, in bytes.</param>
    public static FrameFormat Cobs(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new CobsFormat(maxFrameLength);

    /// <summary>SLIP (RFC 1055): END (0xC0) on both sides, escaped inside. Empty frames are filler, so an empty message cannot be
    /// sent.</summary>
    /// <param name="maxFrameLength">The longest payload, unescaped, in bytes.</param>
    public static FrameFormat Slip(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new MarkedFormat(FrameMarks.Slip, maxFrameLength);

    /// <summary>A start mark, the message with marks in it escaped, a stop mark: serial lines, vehicle trackers.</summary>
    /// <param name="marks">The marks and the escapes.</param>
    /// <param name="maxFrameLength">The longest payload, unescaped, in bytes.</param>
    public static FrameFormat Marked(FrameMarks marks, int maxFrameLength = FrameFormat.DefaultMaxFrameLength) =>
        new MarkedFormat(marks, maxFrameLength);

    /// <summary>The first byte decides the length. The tag is part of the payload.</summary>
    /// <param name="lengths">For each tag the length of the whole message with its tag, in bytes, at least 1. Other tags are
    /// refused.</param>
    public static FrameFormat Tagged(IReadOnlyDictionary<byte, int> lengths) => new TaggedLengthFormat(lengths);

    /// <summary>The first byte decides which format reads the rest. The payload is the tag and then the payload of that format.</summary>
    /// <param name="formats">The format of what follows each tag. Other tags are refused.</param>
    public static FrameFormat Tagged(IReadOnlyDictionary<byte, FrameFormat> formats) => new TaggedFormat(formats);

    /// <summary>Everything until the peer finishes is one message, be it empty. Whoever sends says that it ends with
    /// <see cref="Connection.CompleteOutputAsync"/>.</summary>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    public static FrameFormat UntilClose(int maxFrameLength = FrameFormat.DefaultMaxFrameLength) => new UntilCloseFormat(maxFrameLength);
}
