using System.Runtime.ExceptionServices;
using System.Threading.Tasks.Sources;

namespace Zocalo.Messaging;

/// <summary>The wait for the next frame. It is its own task source, so that it needs no async method.</summary>
internal sealed partial class FrameInput : IValueTaskSource<bool>
{
    private enum Wait : byte
    {
        None,
        Pending,        // a caller waits: arriving bytes are decoded when it is resumed
        Answered,       // the result has not been taken
    }

    private volatile Wait _wait;
    private Action? _onRead;
    private Action<object?>? _continuation;     // of the caller that waits
    private object? _continuationState;
    private ValueTaskSourceOnCompletedFlags _flags;
    private ExceptionDispatchInfo? _error;

    /// <summary>The token of the wait that <see cref="TryReceive"/> began.</summary>
    internal short Version { get; private set; }

    /// <summary>Waits until a frame is there. Call it only when none is there (<see cref="TryPeek"/>).</summary>
    /// <returns>False at the end. It fails with <see cref="FrameException"/> when the peer broke the format or finished inside a frame, and
    /// with <see cref="ConnectionException"/> when the connection broke.</returns>
    /// <exception cref="InvalidOperationException">Another caller waits already.</exception>
    internal ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken) =>
        TryReceive(cancellationToken, out var answer) ? answer : new(this, Version);

    /// <summary>The same, for a caller that is its own task source.</summary>
    /// <returns>False when the answer will come later, from this source, with the token <see cref="Version"/>.</returns>
    internal bool TryReceive(CancellationToken cancellationToken, out ValueTask<bool> answer)
    {
        if (_wait != Wait.None)
        {
            throw new InvalidOperationException("Another read is in progress: a connection has one reader at a time.");
        }
        _wait = Wait.Pending;
        _token = cancellationToken;
        try
        {
            if (!TryAnswer())
            {
                answer = default;
                return false;
            }
            answer = new(_answer);
        }
        catch (Exception error)
        {
            answer = ValueTask.FromException<bool>(error);
        }
        _wait = Wait.None;
        return true;
    }

    public ValueTaskSourceStatus GetStatus(short token)
    {
        Check(token);
        return _wait != Wait.Answered ? ValueTaskSourceStatus.Pending
            : _error is null ? ValueTaskSourceStatus.Succeeded
            : _error.SourceException is OperationCanceledException ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Faulted;
    }

    public bool GetResult(short token)
    {
        Check(token);
        if (_wait != Wait.Answered)
        {
            throw new InvalidOperationException("This operation has not completed yet; await it.");
        }
        var error = _error;
        _error = null;
        Version++;
        _wait = Wait.None;
        error?.Throw();
        return _answer;
    }

    /// <remarks>The bytes are decoded in the context in which the caller wants to be resumed. The wait continues until a frame is
    /// whole.</remarks>
    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(token);
        (_continuation, _continuationState, _flags) = (continuation, state, flags);
        AwaitRead();
    }

    private void Check(short token)
    {
        if (token != Version)
        {
            throw new InvalidOperationException("This ValueTask was consumed already; await each one once.");
        }
    }

    private void AwaitRead()
    {
        var read = _arrival.ConfigureAwait((_flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0).GetAwaiter();
        if ((_flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            read.OnCompleted(_onRead ??= OnRead);
        }
        else
        {
            read.UnsafeOnCompleted(_onRead ??= OnRead);
        }
    }

    private void OnRead()
    {
        try
        {
            if (!TryTake() && !TryAnswer())
            {
                AwaitRead();
                return;
            }
        }
        catch (Exception error)
        {
            _error = ExceptionDispatchInfo.Capture(error);
        }
        _wait = Wait.Answered;
        var (resume, state) = (_continuation!, _continuationState);
        (_continuation, _continuationState) = (null, null);
        resume(state);
    }
}
