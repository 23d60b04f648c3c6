namespace Zocalo;

/// <summary>
/// What a peer sent is not what the format says: corrupt (<see cref="EndReason.ProtocolError"/>), or cut off inside a frame
/// (<see cref="EndReason.Truncated"/>). Nothing more can be read from that stream.
/// </summary>
public sealed class FrameException : IOException
{
    internal FrameException(string format, string problem, long offset, EndReason reason, Exception? inner)
        : base($"{format}: {problem} (at byte {offset} of the stream)", inner) => (Format, Offset, Reason) = (format, offset, reason);

    /// <summary>Whose bytes: the <see cref="Connection.Id"/>; null when the program read them by a <see cref="FrameReader"/>.</summary>
    public long? ConnectionId { get; internal set; }

    /// <summary>The format's name, such as <c>LengthPrefixed(u32be)</c>.</summary>
    public string Format { get; }

    /// <summary>Where in the stream, in bytes from its beginning.</summary>
    public long Offset { get; }

    /// <summary>The limit that was passed, if one was.</summary>
    public long? Limit { get; internal init; }

    /// <summary>The offending value, if there was one; a length of 2³²−1 is 4294967295 here and not −1.</summary>
    public Int128? Value { get; internal init; }

    /// <summary>How the connection ends because of it: <see cref="EndReason.ProtocolError"/> or
    /// <see cref="EndReason.Truncated"/>.</summary>
    public EndReason Reason { get; }
}
