using System.IO.Pipelines;
using System.Threading.Tasks.Sources;
using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>A flush that waits for room, and its result.</summary>
internal sealed partial class WriteHalf : IValueTaskSource<FlushResult>, IValueTaskSource, IThreadPoolWorkItem
{
    /// <summary>How a flush ends.</summary>
    private enum Flushed : byte
    {
        Done,
        Canceled,       // by CancelPendingFlush
        Waits,          // for room
        Broken,
    }

    void IThreadPoolWorkItem.Execute() => _awaitable.Resume();

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => new(TakeResult(token), isCompleted: false);

    void IValueTaskSource.GetResult(short token)
    {
        if (TakeResult(token))
        {
            throw Canceled();
        }
    }

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _awaitable.GetStatus(token, showsCancellation: false);

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _awaitable.GetStatus(token, showsCancellation: true);

    void IValueTaskSource<FlushResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _awaitable.OnCompleted(continuation, state, token, flags, this).Post(core);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _awaitable.OnCompleted(continuation, state, token, flags, this).Post(core);

    private Flushed FlushOrWait(object root, CancellationToken cancellationToken, out short version)
    {
        version = 0;
        if (!_isSending && _state == State.Open && !_cancelNext)
        {
            return Flushed.Done;
        }
        using (_lock.Take())
        {
            if (_state == State.Broken)
            {
                return Flushed.Broken;
            }
            if (_cancelNext)
            {
                _cancelNext = false;
                return Flushed.Canceled;
            }
            if (_buffer.FlushedUnsent < core.Options.SendHighWaterMark)
            {
                return Flushed.Done;
            }
            version = _awaitable.Begin(root);
        }
        if (cancellationToken.CanBeCanceled && !core.IsOwn(cancellationToken))
        {
            _awaitable.EndOn(static half => ((WriteHalf)half!).OnToken(), this, cancellationToken);
        }
        return Flushed.Waits;
    }

    private ValueTask<FlushResult> ToFlushResult(Flushed flushed, short version) => flushed switch
    {
        Flushed.Done => default,
        Flushed.Waits => new(this, version),
        Flushed.Canceled => new(new FlushResult(isCanceled: true, isCompleted: false)),
        _ => ValueTask.FromException<FlushResult>(core.Cause!.ToException()),
    };

    /// <returns>Whether CancelPendingFlush ended the wait.</returns>
    private bool TakeResult(short token) =>
        _awaitable.Take(token) == Wakeup.CancelPending || (_state == State.Broken ? throw core.Cause!.ToException() : false);

    private void OnToken()
    {
        Completion writer;
        using (_lock.Take())
        {
            writer = _awaitable.Wake(Wakeup.Token, this);
        }
        writer.Post(core);
    }

    private static OperationCanceledException Canceled() =>
        new("The write was cancelled by CancelPendingFlush; its bytes are accepted and will be sent.");
}
