using System.Buffers;
using System.Net.Sockets;
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
        real.Attach(this);
    }

    internal override Address LocalAddress => _real.LocalAddress;

    internal override Address RemoteAddress => _real.RemoteAddress;

    internal override long BytesTaken => _real.BytesTaken;

    internal override bool MayYield => _real.MayYield;

    internal override SynchronizationContext? Context => _real.Context;

    internal override bool HasBytesWaiting
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.HasBytesWaiting;
        }
    }

    internal override int SendQueueLength
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.SendQueueLength;
        }
    }

    internal override bool HasHungUp
    {
        get
        {
            using var pauses = _noise.Pause();
            return _real.HasHungUp;
        }
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        using var pauses = _noise.Pause();
        return _real.Receive(into);
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

    internal override SocketError FinishOutput()
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

    internal override void Ready(IThreadPoolWorkItem work)
    {
        using var pauses = _noise.Pause();
        _real.Ready(new Work(work, _noise));
    }

    internal override bool TryYield(out Task others) => _real.TryYield(out others);

    internal override void MoveToPool() => _real.MoveToPool();

    void IStreamOwner.OnReceived(IoResult result)
    {
        using var pauses = _noise.Pause();
        Owner.OnReceived(result);
    }

    void IStreamOwner.OnStillWaiting()
    {
        using var pauses = _noise.Pause();
        Owner.OnStillWaiting();
    }

    void IStreamOwner.OnSent(IoResult result)
    {
        using var pauses = _noise.Pause();
        Owner.OnSent(result);
    }

    void IStreamOwner.OnRescued(int threadsLeft) => Owner.OnRescued(threadsLeft);

    private sealed class Work(IThreadPoolWorkItem real, Noise noise) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            noise.Pause();
            real.Execute();
        }
    }
}
