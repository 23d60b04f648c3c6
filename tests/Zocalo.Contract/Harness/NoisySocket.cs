using System.Buffers;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Contract.Harness;

/// <summary>
/// Stands between an engine's socket and its owner, and pauses before and after each call, in both directions. It makes no call and no
/// thread of its own: so what the engine promises of places and order stays as it is.
/// </summary>
internal sealed class NoisySocket : StreamSocket, IStreamOwner
{
    private readonly StreamSocket _real;
    private readonly Noise _noise;

    internal NoisySocket(StreamSocket real, Noise noise)
    {
        (_real, _noise) = (real, noise);
        Scheduler = new NoisyScheduler(real.Scheduler, noise);
        real.Attach(this);
    }

    internal override Address LocalAddress => _real.LocalAddress;

    internal override Address RemoteAddress => _real.RemoteAddress;

    internal override EngineScheduler Scheduler { get; }

    internal override long Sent => _real.Sent;

    internal override int Unacknowledged
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.Unacknowledged;
        }
    }

    internal override PeerState Peer
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.Peer;
        }
    }

    internal override int Unreceived
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.Unreceived;
        }
    }

    internal override bool FindsStalls
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.FindsStalls;
        }
    }

    internal override bool WatchPeer()
    {
        using var pauses = _noise.Pause();
        return _real.WatchPeer();
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        using var pauses = _noise.Pause();
        return _real.Receive(into);
    }

    internal override void FinishReceive()
    {
        using var pauses = _noise.Pause();
        _real.FinishReceive();
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        using var pauses = _noise.Pause();
        return _real.Send(bytes);
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        using var pauses = _noise.Pause();
        return _real.TrySend(bytes);
    }

    internal override IoResult FinishOutput()
    {
        using var pauses = _noise.Pause();
        return _real.FinishOutput();
    }

    internal override void Abort()
    {
        using var pauses = _noise.Pause();
        _real.Abort();
    }

    internal override void Close()
    {
        using var pauses = _noise.Pause();
        _real.Close();
    }

    void IStreamOwner.OnReceived(IoResult result)
    {
        using var pauses = _noise.Pause();
        Owner.OnReceived(result);
    }

    void IStreamOwner.OnSent(IoResult result)
    {
        using var pauses = _noise.Pause();
        Owner.OnSent(result);
    }

    void IStreamOwner.OnOutputFinished(IoResult result)
    {
        using var pauses = _noise.Pause();
        Owner.OnOutputFinished(result);
    }

    void IStreamOwner.OnPeerLeft()
    {
        using var pauses = _noise.Pause();
        Owner.OnPeerLeft();
    }
}
