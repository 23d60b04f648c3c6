using System.Buffers;
using Zocalo.Messaging;

namespace Zocalo;

/// <summary>
/// What two peers agree on: how messages are framed, what they mean, and how a reply is recognised. Immutable and thread-safe: share one
/// among any number of connections.
/// </summary>
/// <typeparam name="TIn">What is received. A <see cref="Frame"/> is borrowed: it is valid until the next read.</typeparam>
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

    /// <summary>The same, with requests: every message from the peer is the reply to the oldest waiting request (pipelining, as in Redis or
    /// SMTP).</summary>
    /// <param name="isReply">Whether a message is a reply, and not one that the peer sends unrequested; null if all are replies.</param>
    public Protocol<TIn, TOut> WithRepliesInOrder(Func<TIn, bool>? isReply = null) =>
        new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(null, isReply));

    /// <summary>The same, with requests: a reply carries the number of its request.</summary>
    /// <param name="correlation">Says where the number is.</param>
    public Protocol<TIn, TOut> WithRepliesById(ICorrelation<TIn, TOut> correlation)
    {
        ArgumentNullException.ThrowIfNull(correlation);
        return new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(correlation, null));
    }

    /// <summary>The whole frame as on the wire, to be sent to many peers.</summary>
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

    /// <summary>A message that stays valid after the frame.</summary>
    internal TIn DecodeOwned(in Frame frame) => _decodeOwned(frame);
}

/// <summary>Makes protocols from formats.</summary>
public static class Protocol
{
    /// <summary>Messages are the frames themselves.</summary>
    public static Protocol<Frame, Frame> Of(FrameFormat format)
    {
        ArgumentNullException.ThrowIfNull(format);
        return new(format, static frame => frame, static frame => frame.ToOwned(), FrameAsIs.Instance, null);
    }

    /// <summary>Each frame holds a message of the program's own type.</summary>
    /// <param name="format">How messages are framed.</param>
    /// <param name="decode"> Reads a message from a frame's payload, and must keep no reference to the frame. Any exception that it throws
    /// counts as the peer's error: the read fails with <see cref="FrameException"/>, and the connection ends with
    /// <see cref="EndReason.ProtocolError"/>.
    /// </param>
    /// <param name="encode">Writes a message as a payload. Called on any thread, and on several at the same time.</param>
    public static Protocol<TIn, TOut> Map<TIn, TOut>(
        this FrameFormat format, Func<Frame, TIn> decode, Action<TOut, IBufferWriter<byte>> encode)
    {
        ArgumentNullException.ThrowIfNull(format);
        ArgumentNullException.ThrowIfNull(decode);
        ArgumentNullException.ThrowIfNull(encode);
        return new(format, decode, decode, new MappedPayload<TOut>(encode), null);
    }
}
