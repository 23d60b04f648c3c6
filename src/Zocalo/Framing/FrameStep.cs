namespace Zocalo;

/// <summary>The answer of a decoder to the bytes so far: a status, and a length in bytes.</summary>
/// <remarks>It is one word, and for a frame just the length: to find a frame of 64 bytes takes two nanoseconds, and a larger answer would
/// double that.</remarks>
public readonly record struct FrameStep
{
    // The length in the lower half, the status in the upper one.
    private readonly long _bits;

    private FrameStep(FrameStatus status, int length) => _bits = ((long)status << 32) | (uint)length;

    /// <summary>The length of the whole frame on the wire, or the number of bytes to leave out.</summary>
    public int Length => (int)_bits;

    /// <summary>What was found.</summary>
    public FrameStatus Status => (FrameStatus)(_bits >> 32);

    /// <summary>All bytes belong to one frame whose end is not known yet.</summary>
    public static FrameStep Incomplete => new(FrameStatus.Incomplete, 0);

    /// <summary>The bytes do not follow the format; <see cref="FrameDecoder.Error"/> says why.</summary>
    public static FrameStep Corrupt => new(FrameStatus.Corrupt, 0);

    /// <summary>A frame, which may reach beyond the bytes that were given.</summary>
    /// <param name="length">With header and trailer; positive.</param>
    public static FrameStep Frame(int length) => new(FrameStatus.Frame, length);

    /// <summary>A frame, which may reach beyond the bytes that were given, and whose payload <see cref="FrameDecoder.Open"/> must check or
    /// rewrite when the frame is complete: it has a checksum or an escape.</summary>
    /// <param name="length">With header and trailer; positive.</param>
    public static FrameStep Sealed(int length) => new(FrameStatus.Sealed, length);

    /// <summary>Bytes that the format allows between frames; they are left out.</summary>
    /// <param name="bytes">At least one of those that were given.</param>
    public static FrameStep Filler(int bytes) => new(FrameStatus.Filler, bytes);

    /// <summary>Bytes that belong to no frame; they are left out and counted as lost.</summary>
    /// <param name="bytes">At least one of those that the frame has had so far.</param>
    public static FrameStep Skip(int bytes) => new(FrameStatus.Skip, bytes);

    /// <summary>Whether this is a frame of at least one byte and at most that many. One comparison: every other status has bits above those
    /// of a length.</summary>
    internal bool IsFrameWithin(int bytes) => (ulong)(_bits - 1) < (uint)bytes;
}

/// <summary>The kinds of <see cref="FrameStep"/>.</summary>
public enum FrameStatus
{
    /// <summary>The frame's length is known.</summary>
    Frame,

    /// <summary>More bytes are needed to know where the frame ends.</summary>
    Incomplete,

    /// <summary>The frame's length is known, and <see cref="FrameDecoder.Open"/> must check or rewrite the complete frame.</summary>
    Sealed,

    /// <summary>Bytes between frames.</summary>
    Filler,

    /// <summary>Bytes that belong to no frame.</summary>
    Skip,

    /// <summary>The bytes do not follow the format.</summary>
    Corrupt,
}
