using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// The receiving half of a connection: what <see cref="PipeReader"/> promises, over the connection's own buffer. It receives on
/// demand, when a reader has examined all there is: no pump, no queue, so a reader that stops reading stops the peer by TCP's own window.
/// </summary>
/// <remarks>
/// Locks: everything below is under <c>_lock</c>, but calls into the engine, which never happen under it. The one receive in flight is
/// marked by <c>_receiving</c>; whoever set it settles it.
/// </remarks>
internal sealed class InputSide(ConnectionCore core, Channel channel, int receiveLimit) : IValueTaskSource<ReadResult>
{
    private enum Reader
    {
        Idle,
        Waiting,        // a ReadAsync has not delivered yet; stays until its result is taken
        Holding,        // a result is out, AdvanceTo is due
        Completed,      // Complete was called: later bytes are discarded
    }

    private enum Wakeup
    {
        None,
        Input,          // bytes, the end, or a breakage
        Pending,        // CancelPendingRead
        Token,          // the caller's token
        Completed,      // Complete, or the connection's close
    }

    private readonly Lock _lock = new();
    private readonly ReceiveBuffer _buffer = new();
    private readonly Completion _wait = new(channel);
    private volatile Reader _reader;
    private Wakeup _wakeup;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private object? _holder;
    private volatile bool _receiving;
    private bool _cancelNext;
    private volatile bool _draining;
    private bool _drained;          // the reader was told that this is the end, though no FIN came
    private volatile bool _finished;         // the peer's FIN
    private volatile bool _broken;
    private long _bytesReceived;

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => (_finished || _broken) && !_receiving;

    internal bool IsFinished => _finished;

    internal bool IsCompleted => _reader == Reader.Completed;

    internal long BytesReceived => Volatile.Read(ref _bytesReceived);

    /// <param name="holder">Kept alive while the read waits.</param>
    /// <param name="cancellationToken">Cancels this read only; nothing is lost.</param>
    internal ValueTask<ReadResult> ReadAsync(object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }
        short version;
        bool receive;
        lock (_lock)
        {
            CheckIdle();
            if (TryTake(out var result))
            {
                return new(result);
            }
            receive = BeginReceive();
            _wait.Arm();
            _wakeup = Wakeup.None;
            _reader = Reader.Waiting;
            _holder = holder;
            version = _wait.Version;
        }
        if (receive)
        {
            var received = channel.Receive(_buffer);
            if (!received.IsPending && SettleAtOnce(received, out var result))
            {
                return new(result);
            }
        }
        if (_draining)
        {
            Drain();
        }
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static side => ((InputSide)side!).Wake(Wakeup.Token), this);
        }
        return new(this, version);
    }

    internal bool TryRead(out ReadResult result)
    {
        lock (_lock)
        {
            CheckIdle();
            if (TryTake(out result))
            {
                return true;
            }
            if (!BeginReceive())
            {
                return false;
            }
        }
        var received = channel.Receive(_buffer);
        if (!received.IsPending)
        {
            Settle(received);
        }
        var dry = _draining && !channel.HasBytesWaiting;
        lock (_lock)
        {
            CheckIdle();
            _drained |= dry && _receiving;
            return TryTake(out result);
        }
    }

    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_lock)
        {
            core.ThrowIfClosed();
            if (_reader != Reader.Holding)
            {
                throw new InvalidOperationException(_reader == Reader.Completed
                    ? "The input was completed; there is nothing to advance."
                    : "AdvanceTo needs a read before it: one AdvanceTo for each ReadAsync.");
            }
            _buffer.AdvanceTo(consumed, examined);
            _reader = Reader.Idle;
        }
    }

    internal void CancelPendingRead()
    {
        if (!Wake(Wakeup.Pending))
        {
            lock (_lock)
            {
                _cancelNext = true;
            }
        }
    }

    /// <summary>"I am not listening": what came and what comes is discarded, until the peer's FIN.</summary>
    internal void Complete()
    {
        StopReading(another: false);
        core.OnSideCompleted();
    }

    /// <summary>The whole connection closes; a result that another thread may still be reading is left to the collector.</summary>
    internal void Close() => StopReading(another: true);

    /// <summary>The server stops: what the kernel holds is still read, then the input ends as if the peer had finished.</summary>
    internal void Drain()
    {
        _draining = true;
        if (channel.HasBytesWaiting)
        {
            return;     // whoever reads them asks again, and comes back here
        }
        lock (_lock)
        {
            if (_reader == Reader.Waiting && _wakeup == Wakeup.None && _receiving)
            {
                _drained = true;
                WakeUnsynchronized(Wakeup.Input);
            }
        }
    }

    /// <summary>The connection broke: whoever waits learns it.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            _broken = true;
            WakeUnsynchronized(Wakeup.Input);
        }
    }

    /// <summary>The engine's answer to the receive in flight.</summary>
    internal void OnReceived(IoResult result)
    {
        Settle(result);
        Discard();
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _wait.Check(token);
        _registration.Dispose();        // waits for a callback that is just running, so that it cannot hit the next read
        _registration = default;
        lock (_lock)
        {
            _holder = null;
            if (_reader != Reader.Waiting && _reader != Reader.Completed)
            {
                throw new InvalidOperationException("This read has not completed yet; await it.");
            }
            var wakeup = _wakeup;
            _wakeup = Wakeup.None;
            if (wakeup == Wakeup.Completed || _reader == Reader.Completed)
            {
                throw Completed();
            }
            _reader = Reader.Idle;
            switch (wakeup)
            {
                case Wakeup.Token:
                    throw new OperationCanceledException(_token);
                case Wakeup.Pending:
                    return Take(canceled: true);
                default:
                    return TryTake(out var result) ? result : Take(canceled: false);
            }
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    private void CheckIdle()
    {
        switch (_reader)
        {
            case Reader.Waiting:
                throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
            case Reader.Holding:
                throw new InvalidOperationException("The last read was not given back: call AdvanceTo before reading again.");
            case Reader.Completed:
                throw Completed();
        }
    }

    private Exception Completed() => core.IsClosing
        ? core.Disposed()
        : new InvalidOperationException("The input was completed; nothing can be read from it any more.");

    /// <summary>A result when one is due without another receive.</summary>
    /// <exception cref="ConnectionException">The connection broke and nothing readable is left.</exception>
    private bool TryTake(out ReadResult result)
    {
        result = default;
        var canceled = _cancelNext;
        if (_broken && !_finished && !canceled && !(_buffer.HasUnexamined && core.Cause!.LeavesInputReadable))
        {
            throw core.Cause!.ToException();
        }
        if (!canceled && !_buffer.HasUnexamined && !_finished && !_drained)
        {
            if (_buffer.Unconsumed >= receiveLimit)
            {
                throw OverLimit();
            }
            return false;
        }
        _cancelNext = false;
        result = Take(canceled);
        return true;
    }

    private ReadResult Take(bool canceled)
    {
        _reader = Reader.Holding;
        return new(_buffer.Sequence, canceled, isCompleted: _finished || _drained);
    }

    private ConnectionException OverLimit()
    {
        var error = new InvalidOperationException(
            $"The reader has examined {_buffer.Unconsumed} bytes without consuming any; ReceiveLimit is {receiveLimit}.");
        var cause = new Cause(EndReason.LimitExceeded, Exception: error);
        channel.Ready(new FailLater(core, cause));      // breaking the connection calls the engine, which is not done under the lock
        return cause.ToException();
    }

    private sealed class FailLater(ConnectionCore core, Cause cause) : IThreadPoolWorkItem
    {
        public void Execute() => core.Fail(cause);
    }

    private bool BeginReceive()
    {
        if (_receiving || _finished || _broken)
        {
            return false;
        }
        _receiving = true;
        return true;
    }

    /// <summary>A receive that was answered inside the read which asked for it: no hop, no continuation.</summary>
    /// <returns>False when the read was woken otherwise meanwhile (a cancellation, a close): then it ends that way, and the bytes stay for the next one.</returns>
    private bool SettleAtOnce(IoResult received, out ReadResult result)
    {
        Settle(received);
        lock (_lock)
        {
            result = default;
            if (_reader != Reader.Waiting || _wakeup != Wakeup.Input)
            {
                return false;
            }
            _reader = Reader.Idle;
            _wakeup = Wakeup.None;
            _holder = null;
            return TryTake(out result);
        }
    }

    private void Settle(IoResult received)
    {
        var cause = received.IsDone ? null : Cause.From(received.Error);
        var finished = received is { IsDone: true, Bytes: 0 };
        lock (_lock)
        {
            _receiving = false;
            _buffer.Commit(received.Bytes);
            Volatile.Write(ref _bytesReceived, _buffer.Received);
            _finished = finished;
            if (_reader == Reader.Completed)
            {
                _buffer.DiscardAll();
            }
            else if (cause is null)
            {
                WakeUnsynchronized(Wakeup.Input);
            }
        }
        if (cause is not null)
        {
            core.Fail(cause);
        }
        if (finished)
        {
            core.OnFinished(byPeer: true);
        }
        core.TrySettle();
    }

    private bool Wake(Wakeup wakeup)
    {
        lock (_lock)
        {
            return WakeUnsynchronized(wakeup);
        }
    }

    private bool WakeUnsynchronized(Wakeup wakeup)
    {
        if (_reader != Reader.Waiting || _wakeup != Wakeup.None)
        {
            return false;
        }
        _wakeup = wakeup;
        _wait.Signal();
        return true;
    }

    private void StopReading(bool another)
    {
        lock (_lock)
        {
            if (_reader == Reader.Completed)
            {
                return;
            }
            if (another && _reader == Reader.Holding)
            {
                _buffer.StopPooling();
            }
            WakeUnsynchronized(Wakeup.Completed);
            _reader = Reader.Completed;
            _buffer.DiscardAll();
        }
        Discard();
    }

    /// <summary>Keeps receiving for nobody: unread data at close would make the kernel answer with RST and take our last reply with it (RFC 2525 §2.17).</summary>
    private void Discard()
    {
        while (IsCompleted)
        {
            lock (_lock)
            {
                if (!BeginReceive())
                {
                    return;
                }
            }
            var received = channel.Receive(_buffer);
            if (received.IsPending)
            {
                return;
            }
            Settle(received);
        }
    }
}
