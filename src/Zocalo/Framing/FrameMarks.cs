using System.Collections.Frozen;

namespace Zocalo;

/// <summary>The marks around each frame of a format, and the escapes for bytes inside that look like a mark. Immutable; checked when a
/// format is made of it.</summary>
/// <param name="Start">The byte before a frame.</param>
/// <param name="Stop">The byte after a frame. It may be the same as <paramref name="Start"/>: then two marks in a row are filler and not an
/// empty frame, so an empty message cannot be sent.</param>
/// <remarks>Without <see cref="Escape"/> a message that contains a mark cannot be sent. With it, set either <see cref="EscapeMask"/> or
/// <see cref="EscapeCodes"/>.</remarks>
public sealed record FrameMarks(byte Start, byte Stop)
{
    /// <summary>RFC 1055: END 0xC0, ESC 0xDB, followed by 0xDC for END and 0xDD for ESC. An END before the frame is usual but not
    /// required.</summary>
    public static FrameMarks Slip { get; } = new(0xC0, 0xC0)
    {
        StartIsOptional = true,
        Escape = 0xDB,
        EscapeCodes = new Dictionary<byte, byte> { [0xC0] = 0xDC, [0xDB] = 0xDD }.ToFrozenDictionary(),
    };

    /// <summary>RFC 1662, "PPP in HDLC-like framing": the flag 0x7E, which two frames may share; 0x7D and then the byte with its bit 0x20
    /// inverted. The frame check sequence is <c>WithChecksum(Checksum.Crc16X25)</c>.</summary>
    public static FrameMarks Hdlc { get; } = new(0x7E, 0x7E) { StartIsOptional = true, Escape = 0x7D, EscapeMask = 0x20 };

    /// <summary>JT/T 808, vehicle terminals: 0x7E on both sides; 0x7D 0x02 for 0x7E and 0x7D 0x01 for 0x7D. Its check byte is
    /// <c>WithChecksum(Checksum.Xor8)</c>.</summary>
    public static FrameMarks Jt808 { get; } = new(0x7E, 0x7E)
    {
        Escape = 0x7D,
        EscapeCodes = new Dictionary<byte, byte> { [0x7E] = 0x02, [0x7D] = 0x01 }.ToFrozenDictionary(),
    };

    /// <summary>Whether a received frame may begin without <see cref="Start"/>, with any byte that is not a mark. Otherwise bytes before a
    /// start mark are corrupt. The start mark is always sent.</summary>
    public bool StartIsOptional { get; init; }

    /// <summary>The byte which says that the next byte is escaped.</summary>
    public byte? Escape { get; init; }

    /// <summary>The escape is followed by the escaped byte, exclusive-or this mask. The marks and the escape are sent so; any byte can be
    /// received so.</summary>
    public byte? EscapeMask { get; init; }

    /// <summary>The code that follows the escape, for each byte that is escaped: at least the marks and the escape. Any other code is
    /// corrupt.</summary>
    public IReadOnlyDictionary<byte, byte>? EscapeCodes { get; init; }
}
