using System.Buffers;
using Zocalo.Messaging;

namespace Zocalo;

/// <summary>
/// What two peers agree on: how messages are framed, what they mean, and how a reply is told from other messages. Immutable and
/// thread-safe: share one among any number of connections.
/// </summary>
/// <typeparam name="TIn">What is received. For <see cref="Frame"/> itself: borrowed, valid until the next read.</typeparam>
/// <typeparam name="TOut">What is sent.</typeparam>
public sealed class Protocol<TIn, TOut>
{
    private readonly Func<Frame, TIn> _decode;
    private readonly Func<Frame, TIn> _decodeOwned;

    internal Protocol(
        FrameFormat format,
        Func<Frame,
        TIn> decode,
        Func<Frame,
        TIn> decodeOwned,
        IPayloadEncoder<TOut> encoder,
        ReplyRule<TIn,
        TOut>? replies)
    {
        Format = format;
        _decode = decode;
        _decodeOwned = decodeOwned;
        Encoder = encoder;
        Replies = replies;
    }

    /// <summary>How messages are framed.</summary>
    public FrameFormat Format { get; }

    internal IPayloadEncoder<TOut> Encoder { get; }

    internal ReplyRule<TIn, TOut>? Replies { get; }

    /// <summary>The same, with requests: every message that comes is the reply to the oldest request that waits (pipelining, as in Redis or
    /// SMTP).</summary>
    /// <param name="isReply">Tells replies from messages that the peer sends by itself; null if all are replies.</param>
    public Protocol<TIn, TOut> WithRepliesInOrder(Func<TIn, bool>? isReply = null) =>
        new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(null, isReply));

    /// <summary>The same, with requests: a reply carries the number of its request.</summary>
    /// <param name="correlation">Where the number is.</param>
    public Protocol<TIn, TOut> WithRepliesById(ICorrelation<TIn, TOut> correlation)
    {
        ArgumentNullException.ThrowIfNull(correlation);
        return new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(correlation, null));
    }

    /// <summary>The whole frame as on the wire, to be sent to many.</summary>
    internal Frame EncodeOnce(TOut message)
    {
        var wire = new ArrayBufferWriter<byte>();
        var payload = Encoder.Encode(message, out var memory);
        using (memory)
        {
            Format.Encode(payload, wire);
        }
        return new Frame(wire.WrittenMemory);
    }

    internal TIn Decode(in Frame frame) => _decode(frame);

    /// <summary>What outlives the frame.</summary>
    internal TIn DecodeOwned(in Frame frame) => _decodeOwned(frame);
}

/// <summary>Makes protocols of formats.</summary>
public static class Protocol
{
    /// <summary>Messages are the frames themselves.</summary>
    public static Protocol<Frame, Frame> Of(FrameFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return new(format, static frame => frame, static frame => frame.ToOwned(), FrameAsIs.Instance, null);
    }

    /// <summary>A frame holds a message of a type of yours.</summary>
    /// <param name="format">How messages are framed.</param>
    /// <param name="decode">
    /// Reads a message from a frame's payload, and keeps nothing of the frame. Whatever it throws is the peer's fault: the read fails with
    /// <see cref="FrameException"/>, the connection ends <see cref="EndReason.ProtocolError"/>.
    /// </param>
    /// <param name="encode">Writes a message as a payload. Called on any thread, by many at the same time.</param>
    public static Protocol<TIn, TOut> Map<TIn, TOut>(
        this FrameFormat format, Func<Frame, TIn> decode, Action<TOut, IBufferWriter<byte>> encode)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(decode);
        ArgumentNullException.ThrowIfNull(encode);
        return new(format, decode, decode, new MappedPayload<TOut>(encode), null);
    }
}
