namespace Zocalo.Engines;

/// <summary>
/// The thread pool, in the system's time. What becomes ready inside a callback of the system's (<see cref="Run"/>) runs at that callback's
/// end on the same thread (no hop); what becomes ready anywhere else is queued to the pool.
/// </summary>
internal sealed class PoolScheduler : EngineScheduler
{
    [ThreadStatic]
    private static bool t_inCallback;

    [ThreadStatic]
    private static IThreadPoolWorkItem? t_next;

    private PoolScheduler()
    {
    }

    internal static PoolScheduler Shared { get; } = new();

    internal override TimeProvider Time => TimeProvider.System;

    internal override SynchronizationContext? Context => null;

    internal override void Post(IThreadPoolWorkItem work)
    {
        if (t_inCallback && t_next is null)
        {
            t_next = work;
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: true);
        }
    }

    /// <summary>Runs a callback of the system's, and then what it made ready.</summary>
    internal static void Run<T>(T target, Action<T> callback)
    {
        if (t_inCallback)
        {
            callback(target);       // an operation that was made to end inside another's callback: the outer one runs what becomes ready
            return;
        }
        t_inCallback = true;
        try
        {
            callback(target);
        }
        finally
        {
            t_inCallback = false;
            if (t_next is { } work)
            {
                t_next = null;
                work.Execute();
            }
        }
    }
}
