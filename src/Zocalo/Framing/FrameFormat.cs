using System.Buffers;
using Zocalo.Framing.Formats;

namespace Zocalo;

/// <summary>
/// A way to mark where a message ends: encodes messages, and makes a decoder for each stream. <see cref="Frames"/> has the usual ones.
/// Immutable and thread-safe: share one among any number of connections.
/// </summary>
public abstract class FrameFormat
{
    /// <summary>The limit on a payload unless another is given: 1 MiB.</summary>
    public const int DefaultMaxFrameLength = 1024 * 1024;

    /// <summary>The highest limit that can be set: 1 GiB.</summary>
    public const int GreatestMaxFrameLength = 1024 * 1024 * 1024;

    /// <param name="name">Such as <c>LengthPrefixed(u32be)</c>, for errors.</param>
    /// <param name="maxFrameLength">The longest payload, in bytes.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is negative or above <see cref="GreatestMaxFrameLength"/>.</exception>
    protected FrameFormat(string name, int maxFrameLength)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(maxFrameLength);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxFrameLength, GreatestMaxFrameLength);
        Name = name;
        MaxFrameLength = maxFrameLength;
    }

    /// <summary>Such as <c>LengthPrefixed(u32be)</c>.</summary>
    public string Name { get; }

    /// <summary>The longest payload in bytes, sent or received. Checked before memory is taken.</summary>
    public int MaxFrameLength { get; }

    /// <summary>The most bytes that one frame takes on the wire, with everything that the format adds. A connection's receive limit is at
    /// least this.</summary>
    public abstract long MaxWireLength { get; }

    /// <summary>A decoder for one stream.</summary>
    public abstract FrameDecoder CreateDecoder();

    /// <summary>Writes <paramref name="payload"/> as one frame, whole; nothing when it throws.</summary>
    /// <exception cref="ArgumentException">The payload is longer than <see cref="MaxFrameLength"/>, or has no encoding in this
    /// format.</exception>
    public abstract void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into);

    /// <summary>Writes a payload that may be spread over several pieces of memory as one frame, whole; nothing when it throws.</summary>
    /// <exception cref="ArgumentException">The payload is longer than <see cref="MaxFrameLength"/>, or has no encoding in this
    /// format.</exception>
    public virtual void Encode(in Frame payload, IBufferWriter<byte> into)
    {
        if (payload.IsContiguous)
        {
            Encode(payload.Span, into);
            return;
        }
        CheckLength(payload.Length);
        var whole = ArrayPool<byte>.Shared.Rent(payload.Length);
        try
        {
            payload.CopyTo(whole);
            Encode(whole.AsSpan(0, payload.Length), into);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>This format with a checksum at the end of its payload. It is added when sending, and checked when receiving: a wrong one is
    /// corrupt. What is delivered is without it.</summary>
    /// <param name="checksum">Which, and the order of its bytes.</param>
    /// <param name="start">The byte of the payload where it begins to count. A tracker's 0x78 0x78 in front, say, is often left out:
    /// 2.</param>
    /// <param name="trailer">Constant bytes behind the checksum, as part of this format's payload. Anything else there is corrupt; they are
    /// not delivered.</param>
    /// <returns>A format whose <see cref="MaxFrameLength"/> is smaller by the checksum and the trailer.</returns>
    /// <remarks>
    /// A length that this format keeps in the payload counts the checksum and the trailer. It is filled in when sending, before the
    /// checksum is computed. To survive wrong checksums, put <see cref="WithResync"/> behind this.
    /// </remarks>
    /// <exception cref="ArgumentException">This format's payload has no room for them, or cannot carry the trailer.</exception>
    public FrameFormat WithChecksum(Checksum checksum, int start = 0, ReadOnlySpan<byte> trailer = default) =>
        new ChecksumFormat(this, checksum, start, trailer);

    /// <summary>This format on a line that loses or adds bytes: after a corrupt frame, and wherever something else stands, it goes on at
    /// the next start mark. What was left out is counted (<see cref="FrameReader.SkippedBytes"/>), and never an error.</summary>
    /// <param name="startMark">
    /// 1 to 255 bytes with which every frame of this format begins on the wire. A message whose frame does not cannot be sent. Where the
    /// mark lies in a part of the header that is not delivered, it is put there when sending.
    /// </param>
    /// <remarks>
    /// After a corrupt frame the search goes on behind its first byte, so a good frame inside what a broken length claimed is found. Each
    /// start mark in garbage may cost a look at as many bytes as <see cref="MaxWireLength"/>: keep the limit near the true length of
    /// messages. A frame that is cut off at the stream's end is <see cref="EndReason.Truncated"/>, as ever.
    /// </remarks>
    /// <exception cref="ArgumentException">The mark is empty, longer than 255 bytes, or one with which no frame begins.</exception>
    public FrameFormat WithResync(ReadOnlySpan<byte> startMark) => new ResyncFormat(this, startMark);

    /// <summary>The format's name.</summary>
    public override string ToString() => Name;

    // What decorators must know of the format under them. A format that is made elsewhere puts nothing of its own into a payload.

    /// <summary>
    /// At least so many of a payload's first bytes are the format's own: a tag, the delivered part of a header. A decorator's part of the
    /// payload lies behind them.
    /// </summary>
    internal virtual int LeastOwnLength => 0;

    /// <summary>Writes into a payload what the format itself decides there, a length: a decorator may cover it with a checksum.</summary>
    /// <param name="message">The payload's first bytes: what the format decides must lie in them.</param>
    /// <param name="payload">The length of the whole payload, in bytes; if it cannot be carried, nothing is written.</param>
    /// <exception cref="ArgumentException">The message ends inside what is the format's own.</exception>
    internal virtual void FillIn(Span<byte> message, int payload)
    {
    }

    /// <summary>Writes a start mark into those first bytes of an encoded frame that say nothing: what is stripped from a header.</summary>
    internal virtual void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark)
    {
    }

    /// <summary>Whether a frame that is sent can begin with these bytes, as far as they themselves show it.</summary>
    internal virtual bool CanBeginWith(ReadOnlySpan<byte> mark)
    {
        var reader = new FrameReader(this);
        reader.Begin(new ReadOnlySequence<byte>(mark.ToArray()));
        try
        {
            if (!reader.TryRead(out var frame))
            {
                return reader.Offset == 0;
            }
            using var sent = PooledWriter.Take();
            Encode(frame, sent);
            FillInMark(sent.Written, mark);
            return sent.Written.StartsWith(mark);
        }
        catch (Exception e) when (e is FrameException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Whether a payload can contain these bytes.</summary>
    /// <param name="part">The bytes.</param>
    /// <param name="atEnd">Whether it ends with them.</param>
    internal virtual bool CanContain(ReadOnlySpan<byte> part, bool atEnd) => true;

    /// <exception cref="ArgumentException">The payload is too long.</exception>
    protected void CheckLength(long payload)
    {
        if (payload > MaxFrameLength)
        {
            throw new ArgumentException(
                $"A message of {payload} bytes is too long for {Name}, which carries at most {MaxFrameLength}; set maxFrameLength on " +
                "both sides, or send less.",
                nameof(payload));
        }
    }
}
