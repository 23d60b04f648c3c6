using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Threading.Tasks.Sources;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// The sending half of a connection: what <see cref="PipeWriter"/> promises, over the connection's own buffer. Write-behind: a flush
/// completes at once below the high-water mark, one send in flight; above it, it waits until half of the mark is left.
/// </summary>
/// <remarks>
/// Locks as in <see cref="InputSide"/>. Whoever sets <c>_sending</c> pumps until nothing flushed is left, here or in the engine's callback.
/// </remarks>
internal sealed class OutputSide(ConnectionCore core, Channel channel, int highWaterMark) : IValueTaskSource<FlushResult>
{
    private enum State
    {
        Open,
        Completing,     // no more writes; what is flushed goes out, then FIN
        Finished,       // FIN sent
        Broken,
    }

    private enum Wakeup
    {
        None,
        Room,           // or a breakage
        Pending,        // CancelPendingFlush
        Token,
    }

    // One vectored send takes this many bytes at most, so that progress shows and memory comes back along a large write.
    private const int MaxSend = 4 * SegmentPool.LargeSize;

    private readonly Lock _lock = new();
    private readonly SendBuffer _buffer = new();
    private readonly Completion _wait = new(channel);
    private volatile State _state;
    private bool _waiting;          // a flush has not delivered yet; stays until its result is taken
    private Wakeup _wakeup;
    private CancellationTokenRegistration _registration;
    private CancellationToken _token;
    private object? _holder;        // kept alive while a flush waits
    private volatile bool _sending;
    private long _inFlight;
    private bool _cancelNext;
    private volatile bool _finPassed;
    private TaskCompletionSource? _finished;

    internal bool IsSettled => _state is State.Finished or State.Broken && !_sending;

    internal bool IsFinished => _finPassed;

    internal bool IsCompleted => _state != State.Open;

    internal long BytesSent
    {
        get
        {
            lock (_lock)
            {
                return _buffer.Sent;
            }
        }
    }

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

    internal Memory<byte> GetMemory(int sizeHint)
    {
        lock (_lock)
        {
            CheckWritable();
            return _buffer.GetMemory(sizeHint);
        }
    }

    internal void Advance(int bytes)
    {
        lock (_lock)
        {
            core.ThrowIfClosed();
            if (_state != State.Broken)     // the flush tells
            {
                _buffer.Advance(bytes);
            }
        }
    }

    internal ValueTask<FlushResult> FlushAsync(object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        bool pump;
        lock (_lock)
        {
            CheckWritable();
            CheckNoFlushWaits();
            ThrowIfBroken();
            pump = FlushUnsynchronized();
        }
        if (pump)
        {
            Pump();
        }
        return WaitForRoom(holder, cancellationToken);
    }

    internal ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, object holder, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        }
        bool direct, pump = false;
        lock (_lock)
        {
            CheckWritable();
            CheckNoFlushWaits();
            ThrowIfBroken();
            direct = !_sending && _buffer.IsEmpty && !source.IsEmpty;
            if (direct)
            {
                _sending = true;
            }
            else
            {
                _buffer.Write(source.Span);
                pump = FlushUnsynchronized();
            }
        }
        if (direct ? SendDirectly(source.Span) : pump)
        {
            Pump();
        }
        return WaitForRoom(holder, cancellationToken);
    }

    internal void CancelPendingFlush()
    {
        if (!Wake(Wakeup.Pending))
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
        bool pump;
        lock (_lock)
        {
            if (_state != State.Open)
            {
                return;
            }
            _buffer.Flush();
            _state = State.Completing;
            pump = !_sending;       // otherwise who is sending sends the FIN
            _sending = true;
        }
        if (pump)
        {
            Pump();
        }
        core.OnSideCompleted();
    }

    /// <summary>Completes when the FIN is handed to the kernel, behind every byte.</summary>
    internal Task WhenFinished()
    {
        lock (_lock)
        {
            _finished ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_state == State.Finished)
            {
                _finished.TrySetResult();
            }
            else if (_state == State.Broken)
            {
                _finished.TrySetException(core.Cause!.ToException());
            }
            return _finished.Task;
        }
    }

    /// <summary>The connection broke: what was not sent never will be, and whoever waits learns it.</summary>
    internal void Break()
    {
        lock (_lock)
        {
            if (_state == State.Finished)
            {
                return;
            }
            _state = State.Broken;
            WakeUnsynchronized(Wakeup.Room);
            if (!_sending)
            {
                _buffer.DiscardAll();
            }
            _finished?.TrySetException(core.Cause!.ToException());
        }
    }

    /// <summary>The engine's answer to the send in flight.</summary>
    internal void OnSent(IoResult result)
    {
        if (Settle(result))
        {
            Pump();
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token)
    {
        _wait.Check(token);
        _registration.Dispose();        // waits for a callback that is just running, so that it cannot hit the next flush
        _registration = default;
        lock (_lock)
        {
            if (!_waiting || _wakeup == Wakeup.None)
            {
                throw new InvalidOperationException("This flush has not completed yet; await it.");
            }
            _waiting = false;
            _holder = null;
            var wakeup = _wakeup;
            _wakeup = Wakeup.None;
            if (wakeup == Wakeup.Token)
            {
                throw new OperationCanceledException(_token);
            }
            if (wakeup == Wakeup.Room)
            {
                ThrowIfBroken();
            }
            return new(isCanceled: wakeup == Wakeup.Pending, isCompleted: false);
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _wait.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _wait.OnCompleted(continuation, state, token, flags);

    /// <summary>Sends what the kernel takes at once straight from the caller's memory, and keeps a copy of the rest.</summary>
    /// <returns>Whether there is something left to pump.</returns>
    private bool SendDirectly(ReadOnlySpan<byte> bytes)
    {
        var sent = channel.TrySend(bytes);
        if (!sent.IsDone)
        {
            Settle(sent);
            return false;
        }
        lock (_lock)
        {
            if (_state != State.Broken)
            {
                _buffer.CountDirect(sent.Bytes);
                _buffer.Write(bytes[sent.Bytes..]);
                _buffer.Flush();
                if (_buffer.IsEmpty && _state == State.Open)
                {
                    _sending = false;
                    return false;
                }
            }
        }
        return true;
    }

    /// <returns>Whether the caller must pump: it has taken the right to send.</returns>
    private bool FlushUnsynchronized()
    {
        _buffer.Flush();
        if (_sending || _buffer.FlushedUnsent == 0)
        {
            return false;
        }
        return _sending = true;
    }

    /// <summary>Sends until nothing flushed is left or a send is pending. The caller holds the right to send.</summary>
    private void Pump()
    {
        while (true)
        {
            ReadOnlySequence<byte> bytes;
            lock (_lock)
            {
                bytes = _state == State.Broken ? default : _buffer.Flushed;
                if (bytes.IsEmpty && _state != State.Completing)
                {
                    _sending = false;
                    if (_state == State.Broken)
                    {
                        _buffer.DiscardAll();
                    }
                    break;
                }
                bytes = bytes.Length > MaxSend ? bytes.Slice(0, MaxSend) : bytes;
                _inFlight = bytes.Length;
            }
            if (bytes.IsEmpty)
            {
                Finish();
                break;
            }
            var sent = channel.Send(bytes);
            if (sent.IsPending || !Settle(sent))
            {
                return;
            }
        }
        core.TrySettle();
    }

    private void Finish()
    {
        core.OnFinished(byPeer: false);     // before the FIN: its answer may overtake us
        var error = channel.FinishOutput();
        lock (_lock)
        {
            _sending = false;
            if (error == SocketError.Success && _state == State.Completing)
            {
                _state = State.Finished;
                _finPassed = true;
                _finished?.TrySetResult();
            }
        }
        if (error != SocketError.Success)
        {
            core.Fail(Cause.From(error));
        }
    }

    /// <returns>Whether there may be more to send; the right to send stays with the caller then.</returns>
    private bool Settle(IoResult sent)
    {
        if (sent.IsDone)
        {
            lock (_lock)
            {
                _buffer.Release(_inFlight);
                if (_buffer.FlushedUnsent <= highWaterMark / 2)
                {
                    WakeUnsynchronized(Wakeup.Room);
                }
            }
            return true;
        }
        core.Fail(Cause.From(sent.Error));
        lock (_lock)
        {
            _sending = false;
            _buffer.DiscardAll();
        }
        core.TrySettle();
        return false;
    }

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
            if (_buffer.FlushedUnsent < highWaterMark)
            {
                return default;
            }
            _wait.Arm();
            _waiting = true;
            _holder = holder;
            _wakeup = Wakeup.None;
            version = _wait.Version;
        }
        if (cancellationToken.CanBeCanceled)
        {
            _token = cancellationToken;
            _registration = cancellationToken.UnsafeRegister(static side => ((OutputSide)side!).Wake(Wakeup.Token), this);
        }
        return new(this, version);
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
        if (!_waiting || _wakeup != Wakeup.None)
        {
            return false;
        }
        _wakeup = wakeup;
        _wait.Signal();
        return true;
    }

    private void CheckWritable()
    {
        core.ThrowIfClosed();
        if (_state is State.Completing or State.Finished)
        {
            throw new InvalidOperationException("The output was completed; nothing can be written to it any more.");
        }
    }

    private void CheckNoFlushWaits()
    {
        if (_waiting)
        {
            throw new InvalidOperationException("Another flush is in progress: a connection has one writer at a time.");
        }
    }

    private void ThrowIfBroken()
    {
        if (_state == State.Broken)
        {
            throw core.Cause!.ToException();
        }
    }
}
