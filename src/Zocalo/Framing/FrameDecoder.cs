namespace Zocalo;

/// <summary>
/// Finds the frames in one stream of bytes. It gets every byte once, in order, in pieces of any size, and keeps its state between pieces: a
/// frame that arrives byte by byte costs no more than one that arrives at once. It uses no I/O and no clock. It belongs to one stream; not
/// thread-safe.
/// </summary>
/// <remarks>
/// A <see cref="FrameReader"/> calls it. A decoder of your own must answer as early as the bytes allow; answer
/// <see cref="FrameStatus.Corrupt"/> before the format's limit is exceeded, not after; and allocate nothing because the peer has announced
/// a length. After every answer other than <see cref="FrameStatus.Incomplete"/> the next call begins a new frame.
/// </remarks>
public abstract class FrameDecoder
{
    /// <summary>What was wrong, after <see cref="FrameStatus.Corrupt"/>.</summary>
    public FrameError? Error { get; protected set; }

    /// <summary>Bytes before the payload of the frame that was found last, such as a length field.</summary>
    public int HeaderLength { get; protected set; }

    /// <summary>Bytes after the payload of the frame that was found last, such as a delimiter.</summary>
    public int TrailerLength { get; protected set; }

    /// <summary>Looks at the next bytes.</summary>
    /// <param name="bytes">At least one byte. If the last answer was <see cref="FrameStatus.Incomplete"/>, they follow the bytes of the
    /// last call; else they begin a frame.</param>
    /// <returns>Any status. Lengths are counted from the first byte of the frame, which may have come in an earlier call.</returns>
    public abstract FrameStep Decode(ReadOnlySpan<byte> bytes);

    /// <summary>Checks or rewrites a sealed frame, which is complete now.</summary>
    /// <param name="raw">The whole frame as on the wire.</param>
    /// <param name="payload">The message: a part of <paramref name="raw"/>, or memory of the decoder, valid until the next call.</param>
    /// <returns>A frame, corrupt, or skip (counted from the frame's first byte).</returns>
    public virtual FrameStep Open(in Frame raw, out Frame payload)
    {
        payload = raw.Slice(HeaderLength, raw.Length - HeaderLength - TrailerLength);
        return FrameStep.Frame(raw.Length);
    }

    /// <summary>The stream has ended inside a frame, or between two frames (<paramref name="leftover"/> is 0).</summary>
    /// <param name="leftover">Bytes of the unfinished frame.</param>
    /// <returns>A frame of these bytes if the end of the stream ends a frame; otherwise incomplete: the bytes that are left are
    /// truncated.</returns>
    public virtual FrameStep DecodeEnd(int leftover) => FrameStep.Incomplete;

    /// <summary>The last payload is no longer used: the decoder can release its memory.</summary>
    public virtual void ReleaseMemory()
    {
    }

    /// <summary>How many of the last payload's first bytes belong to the format itself and not to a decorator.</summary>
    internal virtual int OwnLength => 0;

    /// <summary>
    /// After <see cref="FrameStatus.Filler"/> or <see cref="FrameStatus.Skip"/>: the bytes that were left out were in the middle of a
    /// frame, and the frame continues.
    /// </summary>
    internal virtual bool IsInsideFrame => false;

    /// <summary>The answer that the peer broke the format.</summary>
    protected FrameStep Corrupt(FrameError error)
    {
        Error = error;
        return FrameStep.Corrupt;
    }
}
