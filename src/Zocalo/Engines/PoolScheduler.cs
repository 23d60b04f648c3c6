namespace Zocalo.Engines.Async;

/// <summary>
/// Where this engine runs code: a thread of the pool. What becomes ready inside a callback of the engine's runs at that callback's end on the same thread (no hop);
/// what becomes ready anywhere else is queued to the pool.
/// </summary>
internal static class AsyncPlace
{
    [ThreadStatic]
    private static bool t_inCallback;

    [ThreadStatic]
    private static IThreadPoolWorkItem? t_next;

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

    internal static void Ready(IThreadPoolWorkItem work)
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
}
