using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>A stream socket whose receives the test answers, and whose sends are taken at once unless the test answers them too, without an
/// engine behind it.</summary>
internal sealed class ScriptedSocket : StreamSocket
{
    private long _taken;

    /// <summary>What becomes of a receive; unless it is set, it waits until the test tells <see cref="StreamSocket.Owner"/>.</summary>
    internal Func<ReceiveBuffer, IoResult> OnReceive { get; set; } = static _ => IoResult.Pending;

    /// <summary>What becomes of a send; unless it is set, all is taken at once. <see cref="TrySend"/> declines while it is.</summary>
    internal Func<ReadOnlySequence<byte>, IoResult>? OnSend { get; set; }

    /// <summary>What becomes of the FIN.</summary>
    internal Func<IoResult> OnFinish { get; set; } = static () => IoResult.Done(0);

    /// <summary>What an abort does.</summary>
    internal Action OnAbort { get; set; } = static () => { };

    /// <summary>What the close of the socket does.</summary>
    internal Action OnClose { get; set; } = static () => { };

    /// <summary>How often a receive was to end early; the test answers it.</summary>
    internal int ReceivesToFinish { get; private set; }

    /// <summary>What <see cref="Peer"/> says.</summary>
    internal bool SaysHungUp { get; set; }

    internal override Address LocalAddress => "127.0.0.1:1";

    internal override Address RemoteAddress => Remote;

    /// <summary>Who the peer is.</summary>
    internal Address Remote { get; init; } = "127.0.0.1:2";

    internal override EngineScheduler Scheduler => PoolScheduler.Shared;

    internal override PeerState Peer => SaysHungUp ? PeerState.Gone : PeerState.There;

    internal override long Sent => Volatile.Read(ref _taken);

    internal Connection Connect(ConnectionOptions? options = null) =>
        new(this, new ConnectionSettings(options ?? ConnectionOptions.Default, NullLogger.Instance, TimeProvider.System));

    internal override IoResult Receive(ReceiveBuffer into) => OnReceive(into);

    internal override void FinishReceive() => ReceivesToFinish++;

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        Interlocked.Add(ref _taken, bytes.Length);
        return OnSend?.Invoke(bytes) ?? IoResult.Done(0);
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes)
    {
        if (OnSend is not null)
        {
            return IoResult.Done(0);
        }
        Interlocked.Add(ref _taken, bytes.Length);
        return IoResult.Done(bytes.Length);
    }

    internal override IoResult FinishOutput() => OnFinish();

    internal override void Abort() => OnAbort();

    internal override void Close() => OnClose();
}
