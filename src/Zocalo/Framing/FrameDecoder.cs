namespace Zocalo;

/// <summary>
/// Finds the frames in one stream of bytes. It sees every byte once, in order, in pieces of any size, and keeps what it learned between
/// pieces, so that a frame which dribbles in byte by byte costs no more than one that comes at once. No I/O, no clock. Belongs to one
/// stream; not thread-safe.
/// </summary>
/// <remarks>
/// A <see cref="FrameReader"/> drives it. Whoever writes one owes: an answer as early as the bytes allow; <see cref="FrameStatus.Corrupt"/>
/// before the format's limit is passed, not after; no memory on the peer's word. After every answer other than
/// <see cref="FrameStatus.Incomplete"/> the next call begins a new frame.
/// </remarks>
public abstract class FrameDecoder
{
    /// <summary>What was wrong, after <see cref="FrameStatus.Corrupt"/>.</summary>
    public FrameError? Error { get; protected set; }

    /// <summary>Bytes before the payload of the frame that was found last, such as a length field.</summary>
    public int HeaderLength { get; protected set; }

    /// <summary>Bytes after the payload of the frame that was found last, such as a delimiter.</summary>
    public int TrailerLength { get; protected set; }

    /// <summary>Reads on.</summary>
    /// <param name="bytes">At least one byte, behind those of the last call if that one was answered <see cref="FrameStatus.Incomplete"/>,
    /// else the beginning of a frame.</param>
    /// <returns>Anything. What it says about a frame is counted from the frame's first byte, which may have come calls ago.</returns>
    public abstract FrameStep Decode(ReadOnlySpan<byte> bytes);

    /// <summary>Checks or rewrites a sealed frame, now that all of it is there.</summary>
    /// <param name="raw">The whole frame as on the wire.</param>
    /// <param name="payload">The message: a part of <paramref name="raw"/>, or memory of the decoder's own, valid until the next
    /// call.</param>
    /// <returns>A frame, corrupt, or skip (counted from the frame's first byte).</returns>
    public virtual FrameStep Open(in Frame raw, out Frame payload)
    {
        payload = raw.Slice(HeaderLength, raw.Length - HeaderLength - TrailerLength);
        return FrameStep.Frame(raw.Length);
    }

    /// <summary>The stream has ended inside a frame, or exactly between two (<paramref name="leftover"/> is 0).</summary>
    /// <param name="leftover">Bytes of the unfinished frame.</param>
    /// <returns>A frame of just these bytes if the end of the stream ends one; incomplete if not: then what is left was
    /// truncated.</returns>
    public virtual FrameStep DecodeEnd(int leftover) => FrameStep.Incomplete;

    /// <summary>Nobody looks at the last payload any more: memory of the decoder's own can go.</summary>
    public virtual void ReleaseMemory()
    {
    }

    /// <summary>So many of the last payload's first bytes are the format's own, and no decorator's.</summary>
    internal virtual int OwnLength => 0;

    /// <summary>
    /// After <see cref="FrameStatus.Filler"/> or <see cref="FrameStatus.Skip"/>: what was left out was in the middle of a frame, which
    /// goes on.
    /// </summary>
    internal virtual bool IsInsideFrame => false;

    /// <summary>Answers that the peer broke the format.</summary>
    protected FrameStep Corrupt(FrameError error)
    {
        Error = error;
        return FrameStep.Corrupt;
    }
}
