namespace Zocalo.Connections;

/// <summary>
/// What remains to be done after the lock is released: resume the caller that waited. The default value resumes nothing. A completion is
/// posted; it never runs inside the call that posts it.
/// </summary>
/// <param name="resume">Resumes the caller; null if no caller waits.</param>
/// <param name="context">The caller's own SynchronizationContext or TaskScheduler; null for the engine's scheduler.</param>
internal readonly struct Completion(IThreadPoolWorkItem? resume, object? context)
{
    /// <summary>The context in which the calling code wants to be resumed, if it has its own.</summary>
    internal static object? CallersContext =>
        SynchronizationContext.Current is { } current && current.GetType() != typeof(SynchronizationContext) ? current
        : TaskScheduler.Current == TaskScheduler.Default ? null : TaskScheduler.Current;

    internal void Post(ConnectionCore core)
    {
        if (resume is not null)
        {
            Post(core, resume);
        }
    }

    private void Post(ConnectionCore core, IThreadPoolWorkItem work)
    {
        core.AssertNoLockIsHeld();
        switch (context)
        {
            case null:
                core.Post(work);
                break;
            case SynchronizationContext callers:
                callers.Post(static work => ((IThreadPoolWorkItem)work!).Execute(), work);
                break;
            case TaskScheduler callers:
                _ = Task.Factory.StartNew(
                    static work => ((IThreadPoolWorkItem)work!).Execute(),
                    work,
                    CancellationToken.None,
                    TaskCreationOptions.DenyChildAttach,
                    callers);
                break;
        }
    }
}
