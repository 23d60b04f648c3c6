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
/// One lock for this side, shared with its <see cref="Receiver"/> and its <see cref="Waiter"/>, never held across a call into the engine.
/// </remarks>
internal sealed class InputSide : IValueTaskSource<ReadResult>
{
    private enum Reader
    {
        Idle,           // or waiting: the waiter knows
        Holding,        // a result is out, AdvanceTo is due
        Completed,      // Complete was called: later bytes are discarded
    }

    private readonly ConnectionCore _core;
    private readonly Channel _channel;
    private readonly int _receiveLimit;
    private readonly Lock _lock = new();
    private readonly ReceiveBuffer _buffer = new();
    private readonly Waiter _waiter;
    private readonly Receiver _receiver;
    private volatile Reader _reader;
    private volatile bool _draining;
    private bool _drained;              // the reader was told that this is the end, though no FIN came
    private bool _cancelNext;

    internal InputSide(ConnectionCore core, Channel channel, int receiveLimit)
    {
        _core = core;
        _channel = channel;
        _receiveLimit = receiveLimit;
        _waiter = new Waiter(channel, _lock);
        _receiver = new Receiver(core, channel, _buffer, _waiter, _lock);
    }

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => _receiver.IsSettled;

    /// <summary>The peer's FIN came.</summary>
    internal bool IsFinished => _receiver.IsFinished;

    internal bool IsCompleted => _reader == Reader.Completed;

    internal long BytesReceived => _receiver.BytesReceived;

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
            receive = _receiver.TryBeginUnsynchronized();
            version = _waiter.Begin(holder);
        }
        if (receive && _receiver.Run() && TryTakeAtOnce(out var received))
        {
            return new(received);
        }
        if (_draining)
        {
            Drain();
        }
        _waiter.EndOn(cancellationToken);
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
            if (!_receiver.TryBeginUnsynchronized())
            {
                return false;
            }
        }
        _receiver.Run();
        var dry = _draining && !_channel.HasBytesWaiting;
        lock (_lock)
        {
            CheckIdle();
            _drained |= dry && _receiver.IsReceiving;
            return TryTake(out result);
        }
    }

    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (_lock)
        {
            _core.ThrowIfClosed();
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
        if (!_waiter.Wake(Wakeup.CancelPending))
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
        _core.OnSideCompleted();
    }

    /// <summary>The whole connection closes; a result that another thread may still be reading is left to the collector.</summary>
    internal void Close() => StopReading(another: true);

    /// <summary>The server stops: what the kernel holds is still read, then the input ends as if the peer had finished.</summary>
    internal void Drain()
    {
        _draining = true;
        if (_channel.HasBytesWaiting)
        {
            return;     // whoever reads them asks again, and comes back here
        }
        lock (_lock)
        {
            if (_receiver.IsReceiving && _waiter is { IsWaiting: true, Wakeup: Wakeup.None })
            {
                _drained = true;
                _waiter.TryWake(Wakeup.News);
            }
        }
    }

    /// <summary>Another kind of reader takes over: what was looked at and left counts as new.</summary>
    /// <exception cref="InvalidOperationException">The last reader has not finished.</exception>
    internal void Reexamine()
    {
        lock (_lock)
        {
            CheckIdle();
            _buffer.Reexamine();
        }
    }

    /// <summary>The end that a drain made is put off: the message that has begun is still received.</summary>
    internal void ContinueAfterDrain()
    {
        lock (_lock)
        {
            _draining = _drained = false;
        }
    }

    /// <summary>The connection broke: whoever waits learns it.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            _receiver.BreakUnsynchronized();
            _waiter.TryWake(Wakeup.News);
        }
    }

    /// <summary>The engine looked, and nothing was there: a drain that came meanwhile was told that bytes are waiting, and must be looked at again.</summary>
    internal void OnStillWaiting()
    {
        if (_draining)
        {
            Drain();
        }
    }

    /// <summary>The engine's answer to the receive in flight.</summary>
    internal void OnReceived(IoResult result) => _receiver.OnReceived(result);

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _waiter.Settle(token);
        lock (_lock)
        {
            var wakeup = _waiter.Take();
            if (_reader == Reader.Completed)
            {
                throw Completed();
            }
            return wakeup != Wakeup.CancelPending && TryTake(out var result) ? result : Take(canceled: wakeup == Wakeup.CancelPending);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private void CheckIdle()
    {
        switch (_reader)
        {
            case Reader.Idle when _waiter.IsWaiting:
                throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
            case Reader.Holding:
                throw new InvalidOperationException("The last read was not given back: call AdvanceTo before reading again.");
            case Reader.Completed:
                throw Completed();
        }
    }

    private Exception Completed() => _core.IsClosing
        ? _core.Disposed()
        : new InvalidOperationException("The input was completed; nothing can be read from it any more.");

    /// <summary>A result when one is due without another receive.</summary>
    /// <exception cref="ConnectionException">The connection broke and nothing readable is left.</exception>
    private bool TryTake(out ReadResult result)
    {
        result = default;
        var canceled = _cancelNext;
        if (_receiver is { IsBroken: true, IsFinished: false } && !canceled && !(_buffer.HasUnexamined && _core.Cause!.LeavesInputReadable))
        {
            throw _core.Cause!.ToException();
        }
        if (!canceled && !_buffer.HasUnexamined && !IsFinished && !_drained)
        {
            if (_buffer.Unconsumed >= _receiveLimit)
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
        return new(_buffer.Sequence, canceled, isCompleted: IsFinished || _drained);
    }

    private ConnectionException OverLimit()
    {
        var error = new InvalidOperationException(
            $"The reader has examined {_buffer.Unconsumed} bytes without consuming any; ReceiveLimit is {_receiveLimit}.");
        var cause = new Cause(EndReason.LimitExceeded, Exception: error);
        _core.FailLater(cause);
        return cause.ToException();
    }

    /// <summary>A receive that was answered inside the read which asked for it: no hop, no continuation.</summary>
    /// <returns>False when the read was woken otherwise meanwhile (a cancellation, a close): then it ends that way, and the bytes stay for the next one.</returns>
    private bool TryTakeAtOnce(out ReadResult result)
    {
        lock (_lock)
        {
            result = default;
            if (_reader == Reader.Completed || _waiter.Wakeup != Wakeup.News)
            {
                return false;
            }
            _waiter.Take();
            return TryTake(out result);
        }
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
            _waiter.TryWake(Wakeup.Completed);
            _reader = Reader.Completed;
        }
        _receiver.Discard();
    }
}
