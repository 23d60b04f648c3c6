using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// The sending half of a connection: what <see cref="PipeWriter"/> promises, over the connection's own buffer. Write-behind: a flush
/// completes at once below the high-water mark, one send in flight; above it, it waits until half of the mark is left.
/// </summary>
/// <remarks>One lock for this side, shared with its <see cref="SendPump"/> and its <see cref="Waiter"/>, never held across a call into the engine.</remarks>
internal sealed class OutputSide : IValueTaskSource<FlushResult>, IBufferWriter<byte>
{
    private readonly ConnectionCore _core;
    private readonly int _highWaterMark;
    private readonly Lock _lock = new();
    private readonly SendBuffer _buffer = new();
    private readonly Waiter _waiter;
    private readonly SendPump _pump;
    private bool _cancelNext;

    internal OutputSide(ConnectionCore core, Channel channel, int highWaterMark)
    {
        _core = core;
        _highWaterMark = highWaterMark;
        _waiter = new Waiter(channel, _lock);
        _pump = new SendPump(core, channel, _buffer, _waiter, highWaterMark / 2, _lock);
    }

    /// <summary>Nothing more will happen here.</summary>
    internal bool IsSettled => _pump.IsSettled;

    /// <summary>The FIN was handed to the kernel.</summary>
    internal bool IsFinished => _pump.IsFinished;

    internal bool IsCompleted => !_pump.IsOpen;

    internal long UnflushedBytes
    {
        get
        {
            lock (_lock)
            {
                return _buffer.Unflushed;
            }
        }
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        lock (_lock)
        {
            CheckWritable();
            return _buffer.GetMemory(sizeHint);
        }
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Advance(int bytes)
    {
        lock (_lock)
        {
            CheckWritable();
            if (!_pump.IsBroken)        // the flush tells
            {
                _buffer.Advance(bytes);
            }
        }
    }

    /// <summary>Bytes that were written and that the kernel has not taken.</summary>
    internal long UnsentBytes
    {
        get
        {
            lock (_lock)
            {
                return _buffer.Unflushed + _buffer.FlushedUnsent;
            }
        }
    }

    /// <exception cref="InvalidOperationException">A flush is in progress.</exception>
    internal void CheckIdle()
    {
        lock (_lock)
        {
            CheckFlushable();
        }
    }

    /// <summary>Whoever writes holds no memory of ours from here on.</summary>
    internal void EndLoan()
    {
        lock (_lock)
        {
            _buffer.EndLoan();
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
        bool send;
        lock (_lock)
        {
            CheckFlushable();
            if (!whileWriting)
            {
                _buffer.EndLoan();
            }
            _buffer.Flush();
            send = _buffer.FlushedUnsent > 0 && _pump.TryBeginUnsynchronized();
        }
        if (send)
        {
            _pump.Run();
        }
        return WaitForRoom(holder, cancellationToken);
    }

    /// <summary>Writes and flushes; with nothing buffered, straight from the caller's memory.</summary>
    internal ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        bool direct, send;
        lock (_lock)
        {
            CheckFlushable();
            _buffer.EndLoan();
            send = !(source.IsEmpty && _buffer.IsEmpty) && _pump.TryBeginUnsynchronized();
            direct = send && _buffer.IsEmpty;
            if (!direct)
            {
                _buffer.Write(source.Span);
                _buffer.Flush();
            }
        }
        if (direct)
        {
            _pump.RunDirectly(source.Span);
        }
        else if (send)
        {
            _pump.Run();
        }
        return WaitForRoom(holder, cancellationToken);
    }

    internal void CancelPendingFlush()
    {
        if (!_waiter.Wake(Wakeup.CancelPending))
        {
            lock (_lock)
            {
                _cancelNext = true;
            }
        }
    }

    /// <summary>No more writes: what was written goes out, then the FIN. Again and again is the same as once.</summary>
    internal void Complete()
    {
        _pump.Complete();
        _core.OnSideCompleted();
    }

    /// <summary>Completes when the FIN is handed to the kernel, behind every byte.</summary>
    internal Task WhenFinished() => _pump.WhenFinished();

    /// <summary>The connection broke: what was not sent never will be, and whoever waits learns it.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            _pump.BreakUnsynchronized();
            _waiter.TryWake(Wakeup.News);
        }
    }

    /// <summary>The engine's answer to the send in flight.</summary>
    internal void OnSent(IoResult result) => _pump.OnSent(result);

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _waiter.Settle(token);
        lock (_lock)
        {
            var canceled = _waiter.Take() == Wakeup.CancelPending;
            if (!canceled)
            {
                ThrowIfBroken();
            }
            return new(canceled, isCompleted: false);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _waiter.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _waiter.OnCompleted(continuation, state, token, flags);

    private ValueTask<FlushResult> WaitForRoom(object holder, CancellationToken cancellationToken)
    {
        short version;
        lock (_lock)
        {
            ThrowIfBroken();
            if (_cancelNext)
            {
                _cancelNext = false;
                return new(new FlushResult(isCanceled: true, isCompleted: false));
            }
            if (_buffer.FlushedUnsent < _highWaterMark)
            {
                return default;
            }
            version = _waiter.Begin(holder);
        }
        _waiter.EndOn(cancellationToken);
        return new(this, version);
    }

    private void CheckWritable()
    {
        _core.ThrowIfClosed();
        if (!_pump.IsOpen && !_pump.IsBroken)
        {
            throw new InvalidOperationException("The output was completed; nothing can be written to it any more.");
        }
    }

    private void CheckFlushable()
    {
        CheckWritable();
        if (_waiter.IsWaiting)
        {
            throw new InvalidOperationException("Another flush is in progress: a connection has one writer at a time.");
        }
        ThrowIfBroken();
    }

    private void ThrowIfBroken()
    {
        if (_pump.IsBroken)
        {
            throw _core.Cause!.ToException();
        }
    }
}
