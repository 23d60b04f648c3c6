namespace Zocalo.Engines.Readiness;

/// <summary>One entry of a loop's ready list: work of the engine's own, or a turn of user code.</summary>
internal readonly struct WorkItem
{
    private static readonly object OfTheEngine = new();

    private readonly object _what;
    private readonly object? _state;
    private readonly LoopScheduler? _context;

    /// <summary>Engine work.</summary>
    internal WorkItem(ILoopWork work) => (_what, _state) = (work, OfTheEngine);

    /// <summary>User code of a connection, which did not ask for a synchronization context: without one, what it completes goes on inside it, here, and not on the thread pool.</summary>
    internal WorkItem(IThreadPoolWorkItem work, LoopScheduler? connection) => (_what, Connection) = (work, connection);

    /// <summary>User code that asked to come back here.</summary>
    internal WorkItem(SendOrPostCallback callback, object? state, LoopScheduler context) =>
        (_what, _state, _context, Connection) = (callback, state, context, context.IsConnections ? context : null);

    /// <summary>Whose turn it is, if it is a connection's.</summary>
    internal LoopScheduler? Connection { get; }

    internal bool IsEngineWork => ReferenceEquals(_state, OfTheEngine);

    internal void RunEngineWork() => ((ILoopWork)_what).OnTurn();

    /// <summary>Runs the user's code, here and now.</summary>
    /// <param name="withContext">Also code that did not ask for one has a context: by it, it is seen when it blocks.</param>
    internal void Run(bool withContext)
    {
        var context = _context ?? (withContext ? Connection?.Context : null);
        if (context is null)
        {
            ((IThreadPoolWorkItem)_what).Execute();
            return;
        }
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            if (_context is null)
            {
                ((IThreadPoolWorkItem)_what).Execute();
            }
            else
            {
                ((SendOrPostCallback)_what)(_state);
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
