namespace Zocalo;

/// <summary>
/// The peer's bytes do not follow the format: they are corrupt (<see cref="EndReason.ProtocolError"/>), or the stream ended inside a frame
/// (<see cref="EndReason.Truncated"/>). Nothing more can be read from that stream.
/// </summary>
public sealed class FrameException : IOException
{
    internal FrameException(string format, string problem, long offset, EndReason reason, Exception? inner)
        : base($"{format}: {problem} (at byte {offset} of the stream)", inner) => (Format, Offset, Reason) = (format, offset, reason);

    /// <summary>The <see cref="Connection.Id"/> of the connection; null when the program read the bytes by a
    /// <see cref="FrameReader"/>.</summary>
    public long? ConnectionId { get; internal set; }

    /// <summary>The format's name, such as <c>LengthPrefixed(u32be)</c>.</summary>
    public string Format { get; }

    /// <summary>The position in the stream, in bytes from its beginning.</summary>
    public long Offset { get; }

    /// <summary>The limit that was exceeded, if there was one.</summary>
    public long? Limit { get; internal init; }

    /// <summary>The wrong value, if any; a length of 2³²−1 is 4294967295 here, not −1.</summary>
    public Int128? Value { get; internal init; }

    /// <summary>The reason with which the connection ends: <see cref="EndReason.ProtocolError"/> or
    /// <see cref="EndReason.Truncated"/>.</summary>
    public EndReason Reason { get; }
}
