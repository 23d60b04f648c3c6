namespace Zocalo.Engines.Loops;

/// <summary>One entry of a loop's ready list: work of the engine's own, or a turn of user code.</summary>
internal readonly struct WorkItem
{
    private static readonly object OfTheEngine = new();

    private readonly object _what;
    private readonly object? _state;
    private readonly LoopScheduler? _place;

    /// <summary>Engine work.</summary>
    internal WorkItem(ILoopWork work) => (_what, _state) = (work, OfTheEngine);

    /// <summary>User code of a connection, which did not ask for a synchronization context: without one, what it completes goes on inside
    /// it, here, and not on the thread pool.</summary>
    internal WorkItem(IThreadPoolWorkItem work, LoopScheduler? place) => (_what, _place) = (work, place);

    /// <summary>User code that asked to come back here.</summary>
    internal WorkItem(SendOrPostCallback callback, object? state, LoopScheduler place) =>
        (_what, _state, _place) = (callback, state, place);

    /// <summary>Whose turn it is, if it is a connection's.</summary>
    internal LoopScheduler? Connection => _place is { IsConnections: true } ? _place : null;

    internal bool IsEngineWork => ReferenceEquals(_state, OfTheEngine);

    internal void RunEngineWork() => ((ILoopWork)_what).OnTurn();

    /// <summary>Runs the user's code, here and now.</summary>
    /// <param name="withContext">Also code that did not ask for one has a context: by it, it is seen when it blocks.</param>
    internal void Run(bool withContext)
    {
        var callback = _what as SendOrPostCallback;
        var context = callback is not null ? _place : withContext ? Connection?.Context : null;
        if (context is null)
        {
            ((IThreadPoolWorkItem)_what).Execute();
            return;
        }
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            if (callback is null)
            {
                ((IThreadPoolWorkItem)_what).Execute();
            }
            else
            {
                callback(_state);
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(null);
        }
    }

    /// <summary>Runs the user's code on the thread pool.</summary>
    internal void RunOnPool()
    {
        if (_what is IThreadPoolWorkItem work)
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
        else
        {
            var (callback, state) = ((SendOrPostCallback)_what, _state);
            ThreadPool.UnsafeQueueUserWorkItem(static pair => pair.callback(pair.state), (callback, state), preferLocal: false);
        }
    }
}

/// <summary>Engine work that has been put on a loop's ready list: it calls no user code.</summary>
internal interface ILoopWork
{
    /// <summary>Called by the loop's owner.</summary>
    void OnTurn();
}
