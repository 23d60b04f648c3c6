using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// Shared by everything of a connection that the program can hold, and by nothing else: when the collector finds it, the connection was
/// dropped without being closed. A read that is being awaited holds its connection, so waiting is never taken for a leak.
/// </summary>
internal sealed class LeakToken(ConnectionCore core) : IThreadPoolWorkItem
{
    /// <summary>The finalizer's thread belongs to everybody: it only posts.</summary>
    ~LeakToken()
    {
        if (!core.HasEnded)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    void IThreadPoolWorkItem.Execute()
    {
        Log.ConnectionLeaked(core.Logger, core.Id, core.RemoteAddress, core.Origin ?? "(unknown; set ConnectionOptions.RecordOrigin to see)");
        core.Fail(new Cause(EndReason.Aborted));
    }
}
