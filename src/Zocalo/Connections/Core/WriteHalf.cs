using System.IO.Pipelines;
using Zocalo.Buffers;

namespace Zocalo.Connections;

/// <summary>
/// The sending half of a connection: the contract of <see cref="PipeWriter"/> over the connection's own buffer. It writes behind, with one
/// send in flight: below the high-water mark a flush completes at once; above it, a flush waits until half of the mark is left.
/// </summary>
/// <remarks>
/// What is decided under its lock (which caller is resumed, what is sent next) is done after the unlock: no code posts or calls the engine
/// under a lock. This file has the program's commands; the other files have the wait, and hand bytes and the FIN to the engine.
/// </remarks>
internal sealed partial class WriteHalf(ConnectionCore core)
{
    private enum State : byte
    {
        Open,
        Completing,     // no more writes; flushed bytes are sent, then the FIN
        Finished,       // the FIN is sent
        Broken,
    }

    private LightLock _lock;
    private SendBuffer _buffer;
    private Awaitable _awaitable;
    private CompletionSource<bool>? _finished;
    private int _inFlight;
    private volatile State _state;
    private volatile bool _isSending;       // a thread has the right to send
    private volatile bool _cancelNext;

    /// <summary>Whether this half is quiescent: nothing more happens in it.</summary>
    internal bool IsQuiescent => _state is State.Finished or State.Broken && !_isSending;

    /// <summary>The FIN was handed to the kernel.</summary>
    internal bool IsFinished => _state == State.Finished;

    internal bool IsCompleted => _state != State.Open;

    /// <summary>A send is in progress, or waits for the peer to take bytes.</summary>
    internal bool IsSending => _isSending;
    /// <summary>A flush waits. Read without the lock, for a look from outside.</summary>
    internal bool IsWaiting => _awaitable.IsPending;

    internal long UnflushedBytes
    {
        get
        {
            using (_lock.Take())
            {
                return UnflushedUnsynchronized;
            }
        }
    }

    /// <summary>Bytes that were written and not yet taken by the kernel.</summary>
    internal long UnsentBytes
    {
        get
        {
            using (_lock.Take())
            {
                return UnsentUnsynchronized;
            }
        }
    }

    internal Memory<byte> GetMemory(int sizeHint = 0)
    {
        using (_lock.Take())
        {
            CheckWritable();
            return _buffer.GetMemory(sizeHint, core);
        }
    }

    internal Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    internal void Advance(int bytes)
    {
        using (_lock.Take())
        {
            CheckWritable();
            if (_state != State.Broken)        // the flush reports the breakage
            {
                _buffer.Advance(bytes);
            }
        }
    }

    /// <exception cref="InvalidOperationException">A flush is in progress.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    internal void CheckIdle()
    {
        using (_lock.Take())
        {
            CheckFlushable();
        }
        if (_state == State.Broken)
        {
            throw core.Cause!.ToException();
        }
    }

    /// <exception cref="InvalidOperationException">A flush is in progress, or some written bytes are not sent.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    internal void CheckEmpty()
    {
        CheckIdle();
        if (_isSending || UnsentBytes > 0)
        {
            throw new InvalidOperationException("The socket can be replaced when everything that was written is out: flush first.");
        }
    }

    /// <param name="root">Kept alive while the flush waits.</param>
    /// <param name="cancellationToken">Cancels the wait; what was written is accepted and will be sent.</param>
    /// <returns>It fails when the connection is broken.</returns>
    internal ValueTask<FlushResult> FlushAsync(object root, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        SendStep step;
        using (_lock.Take())
        {
            CheckFlushable();
            _buffer.EndLoan();
            step = FlushUnsynchronized();
        }
        Send(step);
        return ToFlushResult(FlushOrWait(root, cancellationToken, out var version), version);
    }

    /// <summary>Writes and flushes; with nothing buffered, straight from the caller's memory.</summary>
    /// <returns>It fails when the connection is broken.</returns>
    internal ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, object root, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        return ToFlushResult(Write(source, root, cancellationToken, out var version), version);
    }

    /// <summary>The same, for a caller that does not need a <see cref="FlushResult"/>.</summary>
    /// <returns>It is cancelled when CancelPendingFlush was called before.</returns>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> source, object root, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        return Write(source, root, cancellationToken, out var version) switch
        {
            Flushed.Done => default,
            Flushed.Waits => new(this, version),
            Flushed.Canceled => ValueTask.FromException(Canceled()),
            _ => ValueTask.FromException(core.Cause!.ToException()),
        };
    }

    internal void CancelPendingFlush()
    {
        Completion writer;
        using (_lock.Take())
        {
            _cancelNext |= !_awaitable.IsPending;
            writer = _awaitable.Wake(Wakeup.CancelPending, this);
        }
        writer.Post(core);
    }

    /// <summary>No more writes: what was written is sent, then the FIN. Further calls do nothing.</summary>
    internal void Complete()
    {
        FinishAfterSending();
        core.OnHalfCompleted();
    }

    /// <summary>Completes when the FIN is handed to the kernel, behind every byte.</summary>
    internal Task WhenFinished()
    {
        Task finished;
        using (_lock.Take())
        {
            if (IsFinished)
            {
                return Task.CompletedTask;      // no hop: a caller may want to act before the peer's answer can come
            }
            _finished ??= new();
            finished = _finished.Task;
        }
        Announce();
        return finished;
    }

    private Flushed Write(ReadOnlyMemory<byte> source, object root, CancellationToken cancellationToken, out short version)
    {
        var step = SendStep.Nothing;
        bool isDirect;
        using (_lock.Take())
        {
            CheckFlushable();
            _buffer.EndLoan();
            isDirect = _buffer.IsEmpty && !source.IsEmpty && TryBegin();
            if (!isDirect && _state != State.Broken)
            {
                _buffer.Write(source.Span, core);
                step = FlushUnsynchronized();
            }
        }
        if (isDirect)
        {
            SendDirectly(source.Span);
        }
        else
        {
            Send(step);
        }
        return FlushOrWait(root, cancellationToken, out version);
    }

    private void CheckWritable()
    {
        core.ThrowIfClosed();
        if (_state is State.Completing or State.Finished)
        {
            throw new InvalidOperationException("The output was completed; nothing can be written to it any more.");
        }
    }

    private void CheckFlushable()
    {
        CheckWritable();
        if (_awaitable.IsBegun)
        {
            throw new InvalidOperationException("Another flush is in progress: a connection has one writer at a time.");
        }
    }
}
