namespace Zocalo;

/// <summary>What a decoder makes of the bytes so far: a status, and a length in bytes.</summary>
/// <remarks>One word, and for a frame just its length: finding a frame of 64 bytes takes two nanoseconds, and packing more into the answer
/// would double that.</remarks>
public readonly record struct FrameStep
{
    // The length in the lower half, the status in the upper one.
    private readonly long _bits;

    private FrameStep(FrameStatus status, int length) => _bits = ((long)status << 32) | (uint)length;

    /// <summary>The whole frame on the wire, or how much to leave out. Bytes.</summary>
    public int Length => (int)_bits;

    /// <summary>What was found.</summary>
    public FrameStatus Status => (FrameStatus)(_bits >> 32);

    /// <summary>All these bytes belong to one frame, whose end is not known yet.</summary>
    public static FrameStep Incomplete => new(FrameStatus.Incomplete, 0);

    /// <summary>The bytes are against the format; the decoder's <see cref="FrameDecoder.Error"/> says how.</summary>
    public static FrameStep Corrupt => new(FrameStatus.Corrupt, 0);

    /// <summary>A frame, which may reach beyond the bytes that were given.</summary>
    /// <param name="length">With header and trailer; positive.</param>
    public static FrameStep Frame(int length) => new(FrameStatus.Frame, length);

    /// <summary>A frame, which may reach beyond the bytes that were given, and which the decoder must see whole: a checksum, an
    /// escape.</summary>
    /// <param name="length">With header and trailer; positive.</param>
    public static FrameStep Sealed(int length) => new(FrameStatus.Sealed, length);

    /// <summary>Filler that the format allows between frames: leave it out.</summary>
    /// <param name="bytes">At least one, of those that were given.</param>
    public static FrameStep Filler(int bytes) => new(FrameStatus.Filler, bytes);

    /// <summary>Bytes that belong to no frame: leave them out, and count them as lost.</summary>
    /// <param name="bytes">At least one, of those that the frame has had so far.</param>
    public static FrameStep Skip(int bytes) => new(FrameStatus.Skip, bytes);

    /// <summary>A frame of at least one byte, and no longer than that. One comparison: every other status has bits above a
    /// length's.</summary>
    internal bool IsFrameWithin(int bytes) => (ulong)(_bits - 1) < (uint)bytes;
}

/// <summary>The kinds of <see cref="FrameStep"/>.</summary>
public enum FrameStatus
{
    /// <summary>The frame's length is known.</summary>
    Frame,

    /// <summary>More bytes are needed to know where the frame ends.</summary>
    Incomplete,

    /// <summary>The frame's length is known, and <see cref="FrameDecoder.Open"/> must see it whole before its payload counts.</summary>
    Sealed,

    /// <summary>Bytes between frames.</summary>
    Filler,

    /// <summary>Bytes that belong to no frame.</summary>
    Skip,

    /// <summary>Against the format.</summary>
    Corrupt,
}
