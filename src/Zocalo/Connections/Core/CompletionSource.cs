namespace Zocalo.Connections;

/// <summary>
/// A task that the library completes from the engine's run queue. Code that awaits it continues where the engine runs code, never inside
/// the call that decided the result. A task source with the option RunContinuationsAsynchronously would send the continuations, and those
/// that <see cref="Task.WhenAll(IEnumerable{Task})"/> and <c>WaitAsync</c> register, to the thread pool on every engine. Thread-safe.
/// </summary>
internal class CompletionSource<T> : IThreadPoolWorkItem
{
    private readonly TaskCompletionSource<T> _source = new();
    private int _isResolved;
    private T _result = default!;
    private Exception? _error;
    private CancellationToken _canceledBy;

    internal Task<T> Task => _source.Task;

    internal bool TryResolve(T result, ConnectionCore core) => TryEnd(core, result, null, default);

    internal bool TryFail(Exception error, ConnectionCore core) => TryEnd(core, default!, error, default);

    internal bool TryCancel(ConnectionCore core, CancellationToken token) => TryEnd(core, default!, null, token);

    /// <summary>No code awaits it any more, and nothing will complete it.</summary>
    /// <returns>False when it was resolved before: its task is completed or will be.</returns>
    internal bool TryAbandon() => Interlocked.Exchange(ref _isResolved, 1) == 0;

    void IThreadPoolWorkItem.Execute()
    {
        if (_error is not null)
        {
            _source.SetException(_error);
            _ = _source.Task.Exception;     // marks it as observed: the connection's end reports it too
        }
        else if (_canceledBy.CanBeCanceled)
        {
            _source.SetCanceled(_canceledBy);
        }
        else
        {
            _source.SetResult(_result);
        }
    }

    /// <summary>Decides the result, and leaves it to the caller to post this object: for a caller that holds a lock.</summary>
    /// <returns>False when the result was decided before.</returns>
    internal bool TryDecide(T result, Exception? error, CancellationToken canceledBy = default)
    {
        if (!TryAbandon())
        {
            return false;
        }
        (_result, _error, _canceledBy) = (result, error, canceledBy);
        return true;
    }

    private bool TryEnd(ConnectionCore core, T result, Exception? error, CancellationToken canceledBy)
    {
        if (!TryDecide(result, error, canceledBy))
        {
            return false;
        }
        core.Post(this);
        return true;
    }
}
