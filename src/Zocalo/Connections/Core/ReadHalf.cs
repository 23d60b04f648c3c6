using System.IO.Pipelines;
using Zocalo.Buffers;
using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>
/// The receiving half of a connection: the contract of <see cref="PipeReader"/> over the connection's own buffer. It receives on demand,
/// one receive at a time, when the reader has examined everything. There is no pump and no queue, so a reader that stops reading stops the
/// peer through TCP's window.
/// </summary>
/// <remarks>
/// What is decided under its lock (which caller is resumed, what broke) is done after the unlock: no code posts or calls the engine under a
/// lock. This file has the program's commands; the other files have the wait and the engine's events.
/// </remarks>
internal sealed partial class ReadHalf(ConnectionCore core)
{
    /// <summary>The state of the input.</summary>
    private enum Source : byte
    {
        Open,
        Finished,       // the peer's FIN came
        Broken,         // no more bytes will come
    }

    private enum Reader : byte
    {
        Idle,           // or waiting, which the awaitable knows
        Holding,        // the reader has a result and owes an AdvanceTo
        Completed,      // the reader has finished: later bytes are discarded
    }

    /// <summary>How far the server's drain is.</summary>
    private enum Drain : byte
    {
        No,
        Begun,          // the kernel's bytes are still read
        Ended,          // the reader sees the end, though no FIN came
    }

    /// <summary>The most bytes that one receive brings.</summary>
    internal const int LargestReceive = SegmentPool.LargeSize;

    private readonly ReceiveBuffer _buffer = new();
    private LightLock _lock;
    private Awaitable _awaitable;
    private Memory<byte> _into;             // the target of a ReceiveAsync that waits
    private volatile Source _source;
    private volatile Reader _reader;
    private volatile Drain _drain;
    private volatile bool _isReceiving;     // a receive is in the engine
    private bool _cancelNext;

    /// <summary>Whether this half is quiescent: nothing more happens in it.</summary>
    internal bool IsQuiescent => _source != Source.Open && !_isReceiving;

    /// <summary>The peer's FIN came.</summary>
    internal bool IsFinished => _source == Source.Finished;

    internal bool IsCompleted => _reader == Reader.Completed;

    /// <summary>See <see cref="IBufferHolder.BudgetEntry"/>.</summary>
    internal int BudgetEntry { get => _buffer.BudgetEntry; set => _buffer.BudgetEntry = value; }

    /// <summary>A receive is in the engine.</summary>
    internal bool IsReceiving => _isReceiving;

    /// <summary>A reader waits for bytes. Read without the lock, for a look from outside.</summary>
    internal bool IsWaiting => _awaitable.IsPending;

    internal long BytesReceived => _buffer.Received;

    /// <summary>Whether something has come that the reader did not consume, and it waits for the rest.</summary>
    /// <param name="consumed">How many bytes were consumed before.</param>
    internal bool IsInPart(out long consumed)
    {
        consumed = _buffer.Consumed;
        if (!_awaitable.IsPending || _buffer.Unconsumed == 0)
        {
            return false;       // nearly always; a look that was not under the lock is repeated by the next visit
        }
        using (_lock.Take())
        {
            consumed = _buffer.Consumed;
            return _awaitable.IsPending && _buffer.Unconsumed > 0;
        }
    }

    /// <param name="root">Kept alive while the read waits.</param>
    /// <param name="cancellationToken">Cancels this read only; nothing is lost.</param>
    /// <returns>It fails when the connection is broken.</returns>
    internal ValueTask<ReadResult> ReadAsync(object root, CancellationToken cancellationToken) =>
        ReadAsync<ReadResult, InPlace>(default, root, cancellationToken);

    /// <summary>The same, but copies what comes, at least one byte; 0 is the end.</summary>
    /// <returns>It is cancelled when CancelPendingRead ended the wait and nothing was there; 0 would mean the end.</returns>
    internal ValueTask<int> ReceiveAsync(Memory<byte> into, object root, CancellationToken cancellationToken) =>
        ReadAsync<int, Copy>(into, root, cancellationToken);

    /// <exception cref="ConnectionException">The connection is broken.</exception>
    internal bool TryRead(out ReadResult result)
    {
        Due due;
        result = default;
        using (_lock.Take())
        {
            CheckIdle();
            due = Look();
            if (due == Due.Nothing && !TryBegin())
            {
                return false;
            }
            result = due is Due.Result or Due.Canceled ? Hold(due) : default;
        }
        if (due == Due.Nothing)
        {
            if (!Receive() && _drain == Drain.Begun)
            {
                core.Socket.FinishReceive();
            }
            using (_lock.Take())
            {
                CheckIdle();
                due = Look();
                result = due is Due.Result or Due.Canceled ? Hold(due) : default;
            }
        }
        return due == Due.Failure ? throw Failure() : due != Due.Nothing;
    }

    internal void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        using (_lock.Take())
        {
            core.ThrowIfClosed();
            if (_reader != Reader.Holding)
            {
                throw new InvalidOperationException(_reader == Reader.Completed
                    ? "The input was completed; there is nothing to advance."
                    : "AdvanceTo needs a read before it: one AdvanceTo for each ReadAsync.");
            }
            AdvanceUnsynchronized(consumed, examined);
        }
    }

    internal void CancelPendingRead()
    {
        Completion reader;
        using (_lock.Take())
        {
            _cancelNext |= !_awaitable.IsPending;
            reader = _awaitable.Wake(Wakeup.CancelPending, this);
        }
        reader.Post(core);
    }

    /// <summary>"I read no more": what came and what comes is discarded, until the peer's FIN.</summary>
    internal void Complete()
    {
        StopReading(byReader: true);
        core.OnHalfCompleted();
    }

    /// <summary>The whole connection closes. A result that another thread may still be reading is left to the garbage collector.</summary>
    internal void Close() => StopReading(byReader: false);

    /// <summary>Another kind of reader takes over: bytes that were examined and not consumed count as new.</summary>
    /// <exception cref="InvalidOperationException">The last reader has not finished.</exception>
    internal void Reexamine()
    {
        using (_lock.Take())
        {
            CheckIdle();
            _buffer.Reexamine();
        }
    }

    /// <summary>Takes out what was received and not consumed, so that another socket can deliver it again.</summary>
    /// <exception cref="InvalidOperationException">The last reader has not finished, or a receive is in the engine.</exception>
    internal byte[] TakeBack()
    {
        using (_lock.Take())
        {
            CheckIdle();
            return _isReceiving || _source != Source.Open
                ? throw new InvalidOperationException(
                    "The socket can be replaced while nothing is received, and before the end of the input.")
                : _buffer.TakeBack();
        }
    }

    /// <summary>The server stops: the kernel's bytes are still read, then the input ends as if the peer had finished.</summary>
    internal void BeginDrain()
    {
        bool finish;
        using (_lock.Take())
        {
            _drain = Drain.Begun;
            finish = _isReceiving;
        }
        if (finish)
        {
            core.Socket.FinishReceive();        // a receive that begins from now on requests its end by itself
        }
    }

    /// <summary>Postpones the end that a drain made: the message that has begun is still received.</summary>
    internal void ContinueAfterDrain()
    {
        using (_lock.Take())
        {
            _drain = Drain.No;
        }
    }

    /// <summary>The connection broke: a waiting reader is resumed.</summary>
    internal void Break()
    {
        Completion reader;
        using (_lock.Take())
        {
            BreakUnsynchronized();
            reader = _awaitable.Wake(Wakeup.Ready, this);
        }
        reader.Post(core);
    }

    private void StopReading(bool byReader)
    {
        Completion reader;
        using (_lock.Take())
        {
            if (_reader == Reader.Completed)
            {
                return;
            }
            if (!byReader && _reader == Reader.Holding)
            {
                _buffer.StopPooling();
            }
            reader = _awaitable.Wake(Wakeup.Completed, this);
            _reader = Reader.Completed;
        }
        reader.Post(core);
        Discard();
    }

    private void AdvanceUnsynchronized(SequencePosition consumed, SequencePosition examined)
    {
        _buffer.AdvanceTo(consumed, examined);
        _reader = Reader.Idle;
        if (_source == Source.Broken)
        {
            DiscardUnreadable();
        }
    }

    private void CheckIdle()
    {
        switch (_reader)
        {
            case Reader.Idle when _awaitable.IsBegun:
                throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
            case Reader.Holding:
                throw new InvalidOperationException("The last read was not given back: call AdvanceTo before reading again.");
            case Reader.Completed:
                throw Completed();
        }
    }

    /// <summary>Returns the result that is ready; if there is none, a wait begins.</summary>
    /// <param name="root">Kept alive while the wait lasts.</param>
    /// <param name="receive">Whether the caller has the right to receive; then it must use it after the unlock.</param>
    /// <param name="version">The token of the wait.</param>
    private Due LookOrWait(object root, out bool receive, out short version)
    {
        var due = Look();
        receive = due == Due.Nothing && TryBegin();
        version = due == Due.Nothing ? _awaitable.Begin(root) : (short)0;
        return due;
    }

    /// <summary>The result that is ready without another receive.</summary>
    private Due Look()
    {
        if (_cancelNext)
        {
            return Due.Canceled;
        }
        if (_buffer.HasUnexamined)
        {
            return _source != Source.Broken || core.Cause!.LeavesInputReadable ? Due.Result : Due.Failure;
        }
        if (_source == Source.Finished || (_drain == Drain.Ended && _source == Source.Open))
        {
            return Due.Result;
        }
        return _source == Source.Broken || _buffer.Unconsumed >= core.Options.ReceiveLimit ? Due.Failure : Due.Nothing;
    }

    private ReadResult Hold(Due due)
    {
        _reader = Reader.Holding;
        _cancelNext &= due != Due.Canceled;
        return new(_buffer.Sequence, isCanceled: due == Due.Canceled, isCompleted: IsFinished || _drain == Drain.Ended);
    }

    /// <summary>The exception for the result of <see cref="Look"/>. If the reader consumes nothing, this breaks the connection, outside of
    /// the lock.</summary>
    private ConnectionException Failure()
    {
        if (_source != Source.Broken)
        {
            var error = new InvalidOperationException(
                $"The reader has examined {_buffer.Unconsumed} bytes without consuming any; ReceiveLimit is {core.Options.ReceiveLimit}.");
            core.Fail(new Cause(EndReason.LimitExceeded, Exception: error));
        }
        return core.Cause!.ToException();
    }

    private Exception Completed() => core.IsClosing
        ? core.Disposed()
        : new InvalidOperationException("The input was completed; nothing can be read from it any more.");

    private static OperationCanceledException Canceled() => new("The read was cancelled by CancelPendingRead.");
}
