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
        TOut>? replies,
        HeartbeatRule<TIn>? heartbeat = null)
    {
        Format = format;
        Heartbeat = heartbeat;
        _decode = decode;
        _decodeOwned = decodeOwned;
        Encoder = encoder;
        Replies = replies;
    }

    /// <summary>How messages are framed.</summary>
    public FrameFormat Format { get; }

    internal IPayloadEncoder<TOut> Encoder { get; }

    internal ReplyRule<TIn, TOut>? Replies { get; }

    internal HeartbeatRule<TIn>? Heartbeat { get; }

    /// <summary>The same, with requests: every message from the peer is the reply to the oldest waiting request (pipelining, as in Redis or
    /// SMTP).</summary>
    /// <param name="isReply">Whether a message is a reply, and not one that the peer sends unrequested; null if all are replies.</param>
    public Protocol<TIn, TOut> WithRepliesInOrder(Func<TIn, bool>? isReply = null) =>
        new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(null, isReply), Heartbeat);

    /// <summary>The same, with requests: a reply carries the number of its request.</summary>
    /// <param name="correlation">Says where the number is.</param>
    public Protocol<TIn, TOut> WithRepliesById(ICorrelation<TIn, TOut> correlation)
    {
        ArgumentNullException.ThrowIfNull(correlation);
        return new(Format, _decode, _decodeOwned, Encoder, new ReplyRule<TIn, TOut>(correlation, null), Heartbeat);
    }

    /// <summary>
    /// The same, with pings to a peer that is silent. After <paramref name="interval"/> without a byte from the peer a ping is sent, and
    /// again after each further interval. A peer that sends nothing at all for <paramref name="misses"/> intervals after the first ping is
    /// dead: the connection ends with <see cref="Deadline.Heartbeat"/>. Whatever the peer sends counts as an answer.
    /// </summary>
    /// <param name="ping">The message to send. It is encoded once, here.</param>
    /// <param name="interval">At least a second. The first ping comes up to a tenth of it earlier, at random, so that many connections do
    /// not send theirs together.</param>
    /// <param name="misses">How many pings in a row may stay unanswered; at least 1.</param>
    /// <param name="isPong">Says which messages only answer a ping: the reader does not get them. Null: it gets everything. With it a task
    /// of the connection receives, as in a protocol with replies (<see cref="MessagingOptions.InboxCapacity"/>), also while the program
    /// does not read.</param>
    /// <exception cref="ArgumentOutOfRangeException">The interval is too short, or there are no misses.</exception>
    /// <exception cref="ArgumentException">The format cannot carry the ping.</exception>
    public Protocol<TIn, TOut> WithHeartbeat(TOut ping, TimeSpan interval, int misses = 2, Func<TIn, bool>? isPong = null)
    {
        if (interval < TimeSpan.FromSeconds(1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(interval), interval, $"A heartbeat has an interval of at least a second, not {interval}.");
        }
        ArgumentOutOfRangeException.ThrowIfLessThan(misses, 1);
        return new(Format, _decode, _decodeOwned, Encoder, Replies, new HeartbeatRule<TIn>(EncodeOnce(ping), interval, misses, isPong));
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
