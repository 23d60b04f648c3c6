using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>
/// The sending half of a connection: what <see cref="PipeWriter"/> promises, over the connection's own buffer. Write-behind: a flush
/// completes at once below the high-water mark, one send in flight; above it, it waits until half of the mark is left.
/// </summary>
internal sealed class OutputSide(ConnectionCore core) : SendPump(core), IValueTaskSource<FlushResult>, IValueTaskSource, IBufferWriter<byte>
{
    private volatile bool _cancelNext;

    internal bool IsCompleted => !IsOpen;

    internal long UnflushedBytes
    {
        get
        {
            lock (this)
            {
                return Buffer.Unflushed;
            }
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        lock (this)
        {
            CheckWritable();
            return Buffer.GetMemory(sizeHint);
        }
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int bytes)
    {
        lock (this)
        {
            CheckWritable();
            if (!IsBroken)        // the flush tells
            {
                Buffer.Advance(bytes);
            }
        }
    }

    /// <summary>Bytes that were written and that the kernel has not taken.</summary>
    internal long UnsentBytes
    {
        get
        {
            lock (this)
            {
                return Buffer.Unflushed + Buffer.FlushedUnsent;
            }
        }
    }

    /// <exception cref="InvalidOperationException">A flush is in progress.</exception>
    internal void CheckIdle()
    {
        lock (this)
        {
            CheckFlushable();
        }
    }

    /// <summary>Whoever writes holds no memory of ours from here on.</summary>
    internal void EndLoan()
    {
        lock (this)
        {
            Buffer.EndLoan();
        }
    }

    /// <param name="holder">Kept alive while the flush waits.</param>
    /// <param name="cancellationToken">Cancels the waiting; what was written is accepted and will be sent.</param>
    /// <param name="whileWriting">Somebody else may be writing, between <see cref="GetMemory"/> and <see cref="Advance"/> even.</param>
    internal ValueTask<FlushResult> FlushAsync(object holder, CancellationToken cancellationToken, bool whileWriting = false)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        ReadOnlySequence<byte> bytes = default;
        bool send;
        lock (this)
        {
            CheckFlushable();
            if (!whileWriting)
            {
                Buffer.EndLoan();
            }
            Buffer.Flush();
            send = Buffer.FlushedUnsent > 0 && TryBeginUnsynchronized(out bytes);
        }
        if (send)
        {
            Run(bytes);
        }
        return FlushedAsync(holder, cancellationToken);
    }

    /// <summary>Writes and flushes; with nothing buffered, straight from the caller's memory.</summary>
    internal ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        Write(source);
        return FlushedAsync(holder, cancellationToken);
    }

    /// <summary>The same, for who has no use for a <see cref="FlushResult"/>.</summary>
    /// <exception cref="OperationCanceledException">CancelPendingFlush came before.</exception>
    internal ValueTask SendAsync(ReadOnlyMemory<byte> source, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled(cancellationToken);
        }
        Write(source);
        if (TryFlushOrWait(holder, cancellationToken, out var result, out var version))
        {
            ThrowIfCanceled(result);
            return default;
        }
        return new(this, version);
    }

    internal void CancelPendingFlush()
    {
        lock (this)
        {
            if (Waiter?.TryWake(Wakeup.CancelPending) != true)
            {
                _cancelNext = true;
            }
        }
    }

    /// <summary>No more writes: what was written goes out, then the FIN. Again and again is the same as once.</summary>
    internal void Complete()
    {
        FinishAfterSending();
        Core.OnSideCompleted();
    }

    /// <summary>The connection broke: what was not sent never will be, and whoever waits learns it.</summary>
    internal void Break()
    {
        lock (this)
        {
            BreakUnsynchronized();
            Waiter?.TryWake(Wakeup.News);
        }
    }

    void IValueTaskSource.GetResult(short token) => ThrowIfCanceled(TakeResult(token));

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => TakeResult(token);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => Waiter!.GetTaskStatus(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => Waiter!.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Waiter!.OnCompleted(continuation, state, token, flags);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        Waiter!.OnCompleted(continuation, state, token, flags);

    private FlushResult TakeResult(short token)
    {
        Waiter!.EndWait(token);
        lock (this)
        {
            var canceled = Waiter!.TakeWakeup() == Wakeup.CancelPending;
            if (!canceled)
            {
                ThrowIfBroken();
            }
            return new(canceled, isCompleted: false);
        }
    }

    private void Write(ReadOnlyMemory<byte> source)
    {
        ReadOnlySequence<byte> bytes = default;
        bool direct, send = false;
        lock (this)
        {
            CheckFlushable();
            Buffer.EndLoan();
            direct = Buffer.IsEmpty && !source.IsEmpty && TryBeginUnsynchronized();
            if (!direct)
            {
                Buffer.Write(source.Span);
                Buffer.Flush();
                send = Buffer.FlushedUnsent > 0 && TryBeginUnsynchronized(out bytes);
            }
        }
        if (direct)
        {
            RunDirectly(source.Span);
        }
        else if (send)
        {
            Run(bytes);
        }
    }

    private ValueTask<FlushResult> FlushedAsync(object holder, CancellationToken cancellationToken) =>
        TryFlushOrWait(holder, cancellationToken, out var result, out var version) ? new(result) : new(this, version);

    /// <returns>False when the flush waits for room; <paramref name="version"/> is its token.</returns>
    private bool TryFlushOrWait(object holder, CancellationToken cancellationToken, out FlushResult result, out short version)
    {
        result = default;
        version = 0;
        if (IsIdle && IsOpen && !_cancelNext)
        {
            return true;
        }
        lock (this)
        {
            ThrowIfBroken();
            if (_cancelNext)
            {
                _cancelNext = false;
                result = new(isCanceled: true, isCompleted: false);
                return true;
            }
            if (Buffer.FlushedUnsent < Core.Options.SendHighWaterMark)
            {
                return true;
            }
            Waiter ??= new FlushWaiter(this);
            version = Waiter.BeginWait(holder);
        }
        Waiter.EndOn(cancellationToken);
        return false;
    }

    private static void ThrowIfCanceled(FlushResult result)
    {
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("The write was cancelled by CancelPendingFlush; its bytes are accepted and will be sent.");
        }
    }

    private void CheckWritable()
    {
        Core.ThrowIfClosed();
        if (!IsOpen && !IsBroken)
        {
            throw new InvalidOperationException("The output was completed; nothing can be written to it any more.");
        }
    }

    private void CheckFlushable()
    {
        CheckWritable();
        if (Waiter is { IsWaiting: true })
        {
            throw new InvalidOperationException("Another flush is in progress: a connection has one writer at a time.");
        }
        ThrowIfBroken();
    }

    private void ThrowIfBroken()
    {
        if (IsBroken)
        {
            throw Core.Cause!.ToException();
        }
    }

    private sealed class FlushWaiter(OutputSide side) : Waiter(side.Core)
    {
        private protected override Side Gate => side;
    }
}
