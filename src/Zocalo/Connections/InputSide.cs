using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>
/// The receiving half of a connection: what <see cref="PipeReader"/> promises, over the connection's own buffer. It receives on
/// demand, when a reader has examined all there is: no pump, no queue, so a reader that stops reading stops the peer by TCP's own window.
/// </summary>
internal sealed class InputSide(ConnectionCore core) : Receiver(core), IValueTaskSource<ReadResult>
{
    private enum Reader : byte
    {
        Idle,           // or waiting: the waiter knows
        Holding,        // a result is out, AdvanceTo is due
        Completed,      // Complete was called: later bytes are discarded
    }

    private volatile Reader _reader;
    private volatile bool _draining;
    private bool _drained;              // the reader was told that this is the end, though no FIN came
    private bool _cancelNext;
    private CopyingRead? _copying;

    internal bool IsCompleted => _reader == Reader.Completed;

    /// <param name="holder">Kept alive while the read waits.</param>
    /// <param name="cancellationToken">Cancels this read only; nothing is lost.</param>
    internal ValueTask<ReadResult> ReadAsync(object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }
        return TryReadOrWait(holder, cancellationToken, out var result, out var version) ? new(result) : new(this, version);
    }

    /// <summary>The same, and copies what comes, at least one byte; 0 is the end.</summary>
    /// <exception cref="OperationCanceledException">As <see cref="CopyingRead.Take"/> has it.</exception>
    internal ValueTask<int> ReceiveAsync(Memory<byte> into, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<int>(cancellationToken);
        }
        return TryReadOrWait(holder, cancellationToken, out var result, out var version)
            ? new(CopyingRead.Take(this, result, into.Span))
            : (_copying ??= new(this)).WaitAsync(into, version);
    }

    internal bool TryRead(out ReadResult result)
    {
        lock (this)
        {
            CheckIdle();
            if (TryTake(out result))
            {
                return true;
            }
            if (!TryBeginUnsynchronized())
            {
                return false;
            }
        }
        Run();
        var dry = _draining && !Core.Channel.HasBytesWaiting;
        lock (this)
        {
            CheckIdle();
            _drained |= dry && IsReceiving;
            return TryTake(out result);
        }
    }

    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        lock (this)
        {
            Core.ThrowIfClosed();
            if (_reader != Reader.Holding)
            {
                throw new InvalidOperationException(_reader == Reader.Completed
                    ? "The input was completed; there is nothing to advance."
                    : "AdvanceTo needs a read before it: one AdvanceTo for each ReadAsync.");
            }
            Buffer.AdvanceTo(consumed, examined);
            _reader = Reader.Idle;
        }
    }

    internal void CancelPendingRead()
    {
        lock (this)
        {
            if (!TryWake(Wakeup.CancelPending))
            {
                _cancelNext = true;
            }
        }
    }

    /// <summary>"I am not listening": what came and what comes is discarded, until the peer's FIN.</summary>
    internal void Complete()
    {
        StopReading(another: false);
        Core.OnSideCompleted();
    }

    /// <summary>The whole connection closes; a result that another thread may still be reading is left to the collector.</summary>
    internal void Close() => StopReading(another: true);

    /// <summary>The server stops: what the kernel holds is still read, then the input ends as if the peer had finished.</summary>
    internal void Drain()
    {
        _draining = true;
        if (Core.Channel.HasBytesWaiting)
        {
            return;     // whoever reads them asks again, and comes back here
        }
        lock (this)
        {
            if (IsReceiving && IsWaiting && Wakeup == Wakeup.None)
            {
                _drained = true;
                TryWake(Wakeup.News);
            }
        }
    }

    /// <summary>Another kind of reader takes over: what was looked at and left counts as new.</summary>
    /// <exception cref="InvalidOperationException">The last reader has not finished.</exception>
    internal void Reexamine()
    {
        lock (this)
        {
            CheckIdle();
            Buffer.Reexamine();
        }
    }

    /// <summary>The end that a drain made is put off: the message that has begun is still received.</summary>
    internal void ContinueAfterDrain()
    {
        lock (this)
        {
            _draining = _drained = false;
        }
    }

    /// <summary>The connection broke: whoever waits learns it.</summary>
    internal void Break()
    {
        lock (this)
        {
            BreakUnsynchronized();
            TryWake(Wakeup.News);
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

    /// <summary>The result of a read that has waited.</summary>
    internal ReadResult TakeResult(short token)
    {
        EndWait(token);
        lock (this)
        {
            var wakeup = TakeWakeup();
            if (_reader == Reader.Completed)
            {
                throw Completed();
            }
            return wakeup != Wakeup.CancelPending && TryTake(out var result) ? result : Take(canceled: wakeup == Wakeup.CancelPending);
        }
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => TakeResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        OnCompleted(continuation, state, token, flags);

    /// <returns>False when the read waits; <paramref name="version"/> is its token.</returns>
    private bool TryReadOrWait(object holder, CancellationToken cancellationToken, out ReadResult result, out short version)
    {
        bool receive;
        lock (this)
        {
            CheckIdle();
            if (TryTake(out result))
            {
                version = 0;
                return true;
            }
            receive = TryBeginUnsynchronized();
            version = BeginWait(holder);
        }
        if (receive && Run() && TryTakeAtOnce(out result))
        {
            return true;
        }
        if (_draining)
        {
            Drain();
        }
        EndOn(cancellationToken);
        return false;
    }

    private void CheckIdle()
    {
        switch (_reader)
        {
            case Reader.Idle when IsWaiting:
                throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
            case Reader.Holding:
                throw new InvalidOperationException("The last read was not given back: call AdvanceTo before reading again.");
            case Reader.Completed:
                throw Completed();
        }
    }

    private Exception Completed() => Core.IsClosing
        ? Core.Disposed()
        : new InvalidOperationException("The input was completed; nothing can be read from it any more.");

    /// <summary>A result when one is due without another receive.</summary>
    /// <exception cref="ConnectionException">The connection broke and nothing readable is left.</exception>
    private bool TryTake(out ReadResult result)
    {
        result = default;
        var canceled = _cancelNext;
        if (IsBroken && !IsFinished && !canceled && !(Buffer.HasUnexamined && Core.Cause!.LeavesInputReadable))
        {
            throw Core.Cause!.ToException();
        }
        if (!canceled && !Buffer.HasUnexamined && !IsFinished && !_drained)
        {
            if (Buffer.Unconsumed >= Core.Options.ReceiveLimit)
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
        return new(Buffer.Sequence, canceled, isCompleted: IsFinished || _drained);
    }

    private ConnectionException OverLimit()
    {
        var error = new InvalidOperationException(
            $"The reader has examined {Buffer.Unconsumed} bytes without consuming any; ReceiveLimit is {Core.Options.ReceiveLimit}.");
        var cause = new Cause(EndReason.LimitExceeded, Exception: error) { ConnectionId = Core.Id };
        Core.FailLater(cause);
        return cause.ToException();
    }

    /// <summary>A receive that was answered inside the read which asked for it: no hop, no continuation.</summary>
    /// <returns>False when the read was woken otherwise meanwhile (a cancellation, a close): then it ends that way, and the bytes stay for the next one.</returns>
    private bool TryTakeAtOnce(out ReadResult result)
    {
        lock (this)
        {
            result = default;
            if (_reader == Reader.Completed || Wakeup != Wakeup.News)
            {
                return false;
            }
            TakeWakeup();
            return TryTake(out result);
        }
    }

    private void StopReading(bool another)
    {
        lock (this)
        {
            if (_reader == Reader.Completed)
            {
                return;
            }
            if (another && _reader == Reader.Holding)
            {
                Buffer.StopPooling();
            }
            TryWake(Wakeup.Completed);
            _reader = Reader.Completed;
        }
        Discard();
    }
}
