namespace Zocalo.Engines.Loops;

/// <summary>One entry of a loop's run queue: work of the engine's own, or a callback of user code.</summary>
internal readonly struct WorkItem
{
    private static readonly object EngineWork = new();

    private readonly object _what;
    private readonly object? _state;
    private readonly LoopScheduler? _scheduler;

    /// <summary>Engine work.</summary>
    internal WorkItem(ILoopWork work) => (_what, _state) = (work, EngineWork);

    /// <summary>User code of a connection, which did not ask for a synchronization context. It runs without one, so that what it completes
    /// resumes inside it, on the loop, and not on the thread pool.</summary>
    internal WorkItem(IThreadPoolWorkItem work, LoopScheduler? scheduler) => (_what, _scheduler) = (work, scheduler);

    /// <summary>User code that was posted to the loop's synchronization context.</summary>
    internal WorkItem(SendOrPostCallback callback, object? state, LoopScheduler scheduler) =>
        (_what, _state, _scheduler) = (callback, state, scheduler);

    /// <summary>The scheduler of the connection whose code this is; null when it is no connection's.</summary>
    internal LoopScheduler? Connection => _scheduler is { IsConnections: true } ? _scheduler : null;

    internal bool IsEngineWork => ReferenceEquals(_state, EngineWork);

    internal void RunEngineWork() => ((ILoopWork)_what).RunOnLoop();

    /// <summary>Runs the user's code, here and now.</summary>
    /// <param name="withContext">Code that did not ask for a context has one as well: through it the runtime reports when it
    /// blocks.</param>
    internal void Run(bool withContext)
    {
        var callback = _what as SendOrPostCallback;
        var context = callback is not null ? _scheduler : withContext ? Connection?.Context : null;
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

    /// <summary>Runs the user's code, here and now, as it runs on the thread pool: without a context.</summary>
    internal void RunWithoutContext()
    {
        if (_what is IThreadPoolWorkItem work)
        {
            work.Execute();
        }
        else
        {
            ((SendOrPostCallback)_what)(_state);
        }
    }

    /// <summary>Runs the user's code on the thread pool.</summary>
    internal void RunOnPool()
    {
        if (Connection?.Sleeps is { } sleeps)
        {
            ThreadPool.UnsafeQueueUserWorkItem(static pair => pair.sleeps.Run(pair.item), (sleeps, item: this), preferLocal: false);
        }
        else if (_what is IThreadPoolWorkItem work)
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(static item => item.RunWithoutContext(), this, preferLocal: false);
        }
    }
}

/// <summary>Engine work on a loop's run queue: it calls no user code.</summary>
internal interface ILoopWork
{
    /// <summary>Called by the loop's owner.</summary>
    void RunOnLoop();
}
