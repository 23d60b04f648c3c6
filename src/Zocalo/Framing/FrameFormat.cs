using System.Buffers;
using Zocalo.Framing.Formats;

namespace Zocalo;

/// <summary>
/// A way to mark where a message ends: it encodes messages and makes a decoder for each stream. <see cref="Frames"/> has the usual formats.
/// Immutable and thread-safe: any number of connections can share one.
/// </summary>
public abstract class FrameFormat
{
    /// <summary>The default limit of a payload: 1 MiB.</summary>
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

    /// <summary>The longest payload in bytes, sent or received. It is checked before memory is allocated.</summary>
    public int MaxFrameLength { get; }

    /// <summary>The most bytes of one frame on the wire, with everything that the format adds. A connection's receive limit must be at
    /// least this.</summary>
    public abstract long MaxWireLength { get; }

    /// <summary>A decoder for one stream.</summary>
    public abstract FrameDecoder CreateDecoder();

    /// <summary>Writes <paramref name="payload"/> as one whole frame, or writes nothing and throws.</summary>
    /// <exception cref="ArgumentException">The payload is longer than <see cref="MaxFrameLength"/>, or cannot be written in this
    /// format.</exception>
    public abstract void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into);

    /// <summary>Writes a payload that may lie in several segments as one whole frame, or writes nothing and throws.</summary>
    /// <exception cref="ArgumentException">The payload is longer than <see cref="MaxFrameLength"/>, or cannot be written in this
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

    /// <summary>This format with a checksum at the end of its payload. It is added when a frame is sent and checked when one is received: a
    /// frame with a wrong checksum is corrupt. The delivered payload does not contain it.</summary>
    /// <param name="checksum">The checksum, with the order of its bytes.</param>
    /// <param name="start">The first byte of the payload that it covers. Trackers often leave out their start mark 0x78 0x78, for example:
    /// 2.</param>
    /// <param name="trailer">Constant bytes after the checksum, as part of this format's payload. Other bytes there are corrupt. The
    /// trailer is not delivered.</param>
    /// <returns>A format whose <see cref="MaxFrameLength"/> is smaller by the checksum and the trailer.</returns>
    /// <remarks>
    /// A length that this format keeps in the payload counts the checksum and the trailer. It is filled in when a frame is sent, before the
    /// checksum is computed. To continue after a wrong checksum, call <see cref="WithResync"/> on the result.
    /// </remarks>
    /// <exception cref="ArgumentException">This format's payload is too short for them, or cannot carry the trailer.</exception>
    public FrameFormat WithChecksum(Checksum checksum, int start = 0, ReadOnlySpan<byte> trailer = default) =>
        new ChecksumFormat(this, checksum, start, trailer);

    /// <summary>This format for a line that loses or adds bytes: after a corrupt frame, and after bytes that belong to no frame, reading
    /// continues at the next start mark. Skipped bytes are counted (<see cref="FrameReader.SkippedBytes"/>) and are never an
    /// error.</summary>
    /// <param name="startMark">
    /// 1 to 255 bytes with which every frame of this format begins on the wire. A message whose frame begins with other bytes cannot be
    /// sent. If the mark lies in a part of the header that is not delivered, it is written there when a frame is sent.
    /// </param>
    /// <remarks>
    /// After a corrupt frame the search continues at its second byte, so a good frame within the length that a broken header claims is
    /// found. For each start mark in garbage the decoder may look at <see cref="MaxWireLength"/> bytes: keep the limit near the real length
    /// of messages. A frame that is cut off at the end of the stream is <see cref="EndReason.Truncated"/>, as always.
    /// </remarks>
    /// <exception cref="ArgumentException">The mark is empty or longer than 255 bytes, or no frame can begin with it.</exception>
    public FrameFormat WithResync(ReadOnlySpan<byte> startMark) => new ResyncFormat(this, startMark);

    /// <summary>The format's name.</summary>
    public override string ToString() => Name;

    // What a decorator needs to know about the format under it. A format of the program's own puts nothing of its own into a payload.

    /// <summary>
    /// The least number of a payload's first bytes that belong to the format itself: a tag, the delivered part of a header. A decorator's
    /// part of the payload follows them.
    /// </summary>
    internal virtual int LeastOwnLength => 0;

    /// <summary>Writes the format's own values, such as a length, into a payload, so that a decorator can cover them with a
    /// checksum.</summary>
    /// <param name="message">The payload's first bytes, which contain the format's own.</param>
    /// <param name="payload">The length of the whole payload, in bytes; nothing is written if the format cannot carry it.</param>
    /// <exception cref="ArgumentException">The message is shorter than the format's own bytes.</exception>
    internal virtual void FillIn(Span<byte> message, int payload)
    {
    }

    /// <summary>Writes a start mark into the first bytes of an encoded frame, where these have no meaning: the stripped bytes of a
    /// header.</summary>
    internal virtual void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark)
    {
    }

    /// <summary>Whether a frame that is sent can begin with these bytes.</summary>
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
    /// <param name="atEnd">Whether the payload ends with them.</param>
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
