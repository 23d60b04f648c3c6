namespace Zocalo.Engines;

/// <summary>
/// Library code awaits a task only after it has entered the engine's context here, and with a plain await: so it resumes where the engine
/// wants it, which no <c>ConfigureAwait(false)</c> could promise. What the library's own awaitables resume goes through the run queue
/// anyway.
/// </summary>
internal static class ContextExtensions
{
    /// <summary>Runs <paramref name="work"/>, up to its first await, with <paramref name="context"/>, whatever the caller's is.</summary>
    internal static TResult Run<TResult>(this SynchronizationContext? context, Func<TResult> work)
    {
        var callers = SynchronizationContext.Current;
        if (ReferenceEquals(callers, context))
        {
            return work();
        }
        SynchronizationContext.SetSynchronizationContext(context);
        try
        {
            return work();
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(callers);
        }
    }
}
