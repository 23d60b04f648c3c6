using System.Buffers;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>A layer above a stream, as small as one can be: each byte has its bits turned over on the wire.</summary>
internal sealed class MaskedSocket : StreamSocket, IStreamOwner
{
    private const byte Mask = 0xFF;

    private readonly StreamSocket _inner;
    private readonly ReceiveBuffer _received = new();
    private byte[] _rest;
    private ReceiveBuffer? _into;

    internal MaskedSocket(StreamSocket inner, byte[] rest)
    {
        (_inner, _rest) = (inner, rest);
        inner.Attach(this);
    }

    internal override Address LocalAddress => _inner.LocalAddress;

    internal override Address RemoteAddress => _inner.RemoteAddress;

    internal override EngineScheduler Scheduler => _inner.Scheduler;

    internal override long Sent => _inner.Sent;

    internal override int Unacknowledged => _inner.Unacknowledged;

    internal override PeerState Peer => _inner.Peer;

    internal static byte[] Masked(ReadOnlySpan<byte> bytes)
    {
        var masked = bytes.ToArray();
        for (var i = 0; i < masked.Length; i++)
        {
            masked[i] ^= Mask;
        }
        return masked;
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        _into = into;
        if (_rest.Length > 0)
        {
            var some = Fill(_rest);
            _rest = _rest[some.Bytes..];
            return some;
        }
        _received.BeginReceive();
        var received = _inner.Receive(_received);
        return received.IsPending ? received : Unmask(received);
    }

    internal override void FinishReceive() => _inner.FinishReceive();

    internal override IoResult Send(in ReadOnlySequence<byte> bytes) => _inner.Send(new ReadOnlySequence<byte>(Masked(bytes.ToArray())));

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes) => IoResult.Done(0);

    internal override IoResult FinishOutput() => _inner.FinishOutput();

    internal override void Abort() => _inner.Abort();

    internal override void Close() => _inner.Close();

    void IStreamOwner.OnReceived(IoResult result) => Owner.OnReceived(Unmask(result));

    void IStreamOwner.OnSent(IoResult result) => Owner.OnSent(result);

    void IStreamOwner.OnOutputFinished(IoResult result) => Owner.OnOutputFinished(result);

    void IStreamOwner.OnPeerLeft() => Owner.OnPeerLeft();

    private IoResult Unmask(IoResult received)
    {
        _received.Commit(received.Bytes);
        if (received.Bytes == 0)
        {
            return received;
        }
        var bytes = _received.Sequence.ToArray();
        _received.DiscardAll();
        var some = Fill(bytes);
        _rest = bytes[some.Bytes..];
        return some;
    }

    private IoResult Fill(byte[] masked)
    {
        var room = _into!.Reserve().Span;
        var count = Math.Min(room.Length, masked.Length);
        Masked(masked.AsSpan(0, count)).CopyTo(room);
        return IoResult.Done(count);
    }
}
