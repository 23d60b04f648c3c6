namespace Zocalo.Connections;

/// <summary>
/// A task that the library completes, and completes from the engine's ready list: whoever awaits it goes on in the engine's place, never
/// inside the call that brought the news. A task source that runs its continuations asynchronously would send them, and what
/// <see cref="Task.WhenAll(IEnumerable{Task})"/> and <c>WaitAsync</c> make of it, to the thread pool whatever the engine. Thread-safe.
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

    /// <summary>Nobody awaits it any more, and nothing shall complete it.</summary>
    /// <returns>False when it is resolved already: its task completes, or has.</returns>
    internal bool TryAbandon() => Interlocked.Exchange(ref _isResolved, 1) == 0;

    void IThreadPoolWorkItem.Execute()
    {
        if (_error is not null)
        {
            _source.SetException(_error);
            _ = _source.Task.Exception;     // seen: the connection's end tells it as well
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

    /// <summary>Decides how it ends, and leaves it to the caller to post it: for who holds a lock.</summary>
    /// <returns>False when that was decided before.</returns>
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
