using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>A read that waits, and its result: the bytes in the buffer, or a copy of them.</summary>
internal sealed partial class ReadHalf : IValueTaskSource<ReadResult>, IValueTaskSource<int>, IValueTaskSource<bool>, IThreadPoolWorkItem
{
    /// <summary>What a reader gets at once.</summary>
    private enum Due : byte
    {
        Nothing,        // a receive is needed
        Result,
        Canceled,       // a result, because of CancelPendingRead
        Failure,
    }

    void IThreadPoolWorkItem.Execute() => _awaitable.Resume();

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => TakeResult<ReadResult, InPlace>(token);

    int IValueTaskSource<int>.GetResult(short token) => TakeResult<int, Copy>(token);

    bool IValueTaskSource<bool>.GetResult(short token)
    {
        if (_awaitable.Take(token) == Wakeup.CancelPending)
        {
            using (_lock.Take())
            {
                _cancelNext = true;
            }
        }
        return true;
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _awaitable.GetStatus(token, showsCancellation: false);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _awaitable.GetStatus(token, showsCancellation: true);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => _awaitable.GetStatus(token, showsCancellation: false);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _awaitable.OnCompleted(continuation, state, token, flags, this).Post(core);

    void IValueTaskSource<int>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _awaitable.OnCompleted(continuation, state, token, flags, this).Post(core);

    void IValueTaskSource<bool>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _awaitable.OnCompleted(continuation, state, token, flags, this).Post(core);

    /// <summary>
    /// Releases what <see cref="TryRead"/> returned, if that was not done yet, and waits until there is a result. Used by the library's own
    /// readers: it takes one lock where AdvanceTo and ReadAsync take two.
    /// </summary>
    /// <param name="root">Kept alive while the wait lasts.</param>
    /// <param name="cancellationToken">Cancels this wait only.</param>
    /// <param name="consumed">As in AdvanceTo.</param>
    /// <param name="examined">As in AdvanceTo.</param>
    /// <returns>True. A failure and the effect of CancelPendingRead show in <see cref="TryRead"/>.</returns>
    internal ValueTask<bool> WaitAsync(
        object root, CancellationToken cancellationToken, SequencePosition consumed = default, SequencePosition examined = default)
    {
        Due due;
        bool receive;
        short version;
        using (_lock.Take())
        {
            if (_reader == Reader.Holding)
            {
                core.ThrowIfClosed();
                AdvanceUnsynchronized(consumed, examined);
            }
            CheckIdle();
            if (cancellationToken.IsCancellationRequested)
            {
                return ValueTask.FromCanceled<bool>(cancellationToken);
            }
            due = LookOrWait(root, out receive, out version);
        }
        if (due != Due.Nothing)
        {
            return new(true);
        }
        if (receive && Receive() && _awaitable.Wakeup == Wakeup.Ready)
        {
            _awaitable.Take(version);
            return new(true);
        }
        WatchFor(cancellationToken);
        return new(this, version);
    }

    private ValueTask<T> ReadAsync<T, TTake>(Memory<byte> into, object root, CancellationToken cancellationToken)
        where TTake : struct, ITake<T>
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<T>(cancellationToken);
        }
        Due due;
        bool receive;
        short version;
        using (_lock.Take())
        {
            CheckIdle();
            _into = into;
            due = LookOrWait(root, out receive, out version);
            if (due is Due.Result or Due.Canceled)
            {
                return Answer<T, TTake>(due);
            }
        }
        if (receive && Receive())
        {
            using (_lock.Take())
            {
                // Otherwise a cancellation or a close ended the read: the bytes stay for the next read.
                if (_reader != Reader.Completed && _awaitable.Wakeup == Wakeup.Ready)
                {
                    _awaitable.Take(version);
                    due = Look();
                    if (due is Due.Result or Due.Canceled)
                    {
                        return Answer<T, TTake>(due);
                    }
                }
            }
        }
        if (due == Due.Failure)
        {
            return ValueTask.FromException<T>(Failure());
        }
        WatchFor(cancellationToken);
        return new((IValueTaskSource<T>)(object)this, version);
    }

    /// <summary>What else may end this wait.</summary>
    private void WatchFor(CancellationToken cancellationToken)
    {
        if (_drain == Drain.Begun)
        {
            core.Socket.FinishReceive();
        }
        if (cancellationToken.CanBeCanceled && !core.IsOwn(cancellationToken))
        {
            _awaitable.EndOn(static half => ((ReadHalf)half!).OnToken(), this, cancellationToken);
        }
    }

    private ValueTask<T> Answer<T, TTake>(Due due) where TTake : struct, ITake<T> =>
        TTake.TryTake(this, due, out var result) ? new(result) : ValueTask.FromException<T>(Canceled());

    private T TakeResult<T, TTake>(short token) where TTake : struct, ITake<T>
    {
        var wakeup = _awaitable.Take(token);
        Due due;
        using (_lock.Take())
        {
            if (_reader == Reader.Completed)
            {
                throw Completed();
            }
            due = wakeup == Wakeup.CancelPending ? Due.Canceled : Look();
            if (due != Due.Failure)
            {
                return TTake.TryTake(this, due, out var result) ? result : throw Canceled();
            }
        }
        throw Failure();
    }

    private void OnToken()
    {
        Completion reader;
        using (_lock.Take())
        {
            reader = _awaitable.Wake(Wakeup.Token, this);
        }
        reader.Post(core);
    }

    /// <summary>The result of a read. Called under the lock, when there is one.</summary>
    private interface ITake<T>
    {
        /// <returns>False if nothing was there because the read was cancelled.</returns>
        static abstract bool TryTake(ReadHalf half, Due due, out T result);
    }

    /// <summary>The bytes in the buffer, valid until AdvanceTo.</summary>
    private readonly struct InPlace : ITake<ReadResult>
    {
        public static bool TryTake(ReadHalf half, Due due, out ReadResult result)
        {
            result = half.Hold(due);
            return true;
        }
    }

    /// <summary>A copy of what fits; the rest stays for the next read.</summary>
    private readonly struct Copy : ITake<int>
    {
        public static bool TryTake(ReadHalf half, Due due, out int result)
        {
            half._cancelNext &= due != Due.Canceled;
            result = half._buffer.Read(half._into.Span);
            half._into = default;
            return result > 0 || half.IsFinished || half._drain == Drain.Ended;
        }
    }
}
