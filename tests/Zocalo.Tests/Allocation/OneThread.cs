using System.Buffers;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Buffers;
using Zocalo.Connections;
using Zocalo.Engines;

namespace Zocalo.Tests.Allocation;

/// <summary>A connection whose engine and program are the test's own thread: nothing can be done at once, and what the program does next is
/// a turn, which the test takes and counts.</summary>
internal sealed class OneThread : StreamSocket
{
    private readonly Queue<(SendOrPostCallback Callback, object? State)> _ready = new(16);
    private readonly Turns _turns;
    private ReceiveBuffer? _receiving;
    private bool _isSending;

    internal OneThread(ConnectionOptions? options = null)
    {
        _turns = new Turns(this);
        Connection = new(this, new ConnectionSettings(options ?? ConnectionOptions.Default, NullLogger.Instance, TimeProvider.System));
    }

    internal Connection Connection { get; }

    internal override EngineScheduler Scheduler => _turns;

    internal override Address LocalAddress => "127.0.0.1:1";

    internal override Address RemoteAddress => "127.0.0.1:2";

    internal override long Sent => 0;

    /// <summary>Begins a handler, in the connection's context.</summary>
    internal Task Begin(Func<Connection, Task> handler)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_turns);
        try
        {
            return handler(Connection);
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    /// <summary>What waits in the engine ends well: so many bytes come, everything is sent. Then the program has its turns.</summary>
    /// <returns>The number of turns.</returns>
    internal int GoOn(int bytes)
    {
        if (_receiving is { } into)
        {
            _receiving = null;
            into.Reserve();
            Owner.OnReceived(IoResult.Done(bytes));
        }
        if (_isSending)
        {
            _isSending = false;
            Owner.OnSent(IoResult.Done(0));
        }
        return TakeTurns();
    }

    /// <returns>The number of turns.</returns>
    internal int TakeTurns()
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_turns);
        var turns = 0;
        for (; _ready.TryDequeue(out var next); turns++)
        {
            next.Callback(next.State);
        }
        SynchronizationContext.SetSynchronizationContext(before);
        return turns;
    }

    internal override IoResult Receive(ReceiveBuffer into)
    {
        _receiving = into;
        return IoResult.Pending;
    }

    internal override void FinishReceive()
    {
    }

    internal override IoResult Send(in ReadOnlySequence<byte> bytes)
    {
        _isSending = true;
        return IoResult.Pending;
    }

    internal override IoResult TrySend(ReadOnlySpan<byte> bytes) => IoResult.Done(0);

    internal override IoResult FinishOutput() => IoResult.Done(0);

    internal override void Abort()
    {
    }

    internal override void Close()
    {
    }

    private sealed class Turns(OneThread socket) : EngineScheduler
    {
        internal override TimeProvider Time => TimeProvider.System;

        internal override void Post(IThreadPoolWorkItem work) => Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);

        public override void Post(SendOrPostCallback d, object? state) => socket._ready.Enqueue((d, state));
    }
}
