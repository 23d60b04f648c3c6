namespace Zocalo.Connections;

/// <summary>
/// What is left to do once the lock that decided it is free: to resume the caller that waited. The default is nothing. It is posted, and
/// never runs inside the call that posts it.
/// </summary>
/// <param name="resume">Resumes the caller; null: nobody waits.</param>
/// <param name="context">The caller's own SynchronizationContext or TaskScheduler; null: where the engine runs code.</param>
internal readonly struct Completion(IThreadPoolWorkItem? resume, object? context)
{
    /// <summary>The context that the calling code is to be resumed in, if it has one of its own.</summary>
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
