using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// A connection that the collector found dropped and not closed: it is reported and cut. A read that is being awaited holds its connection, so waiting is never taken for a leak.
/// </summary>
internal sealed class Leak(ConnectionCore core) : IThreadPoolWorkItem
{
    void IThreadPoolWorkItem.Execute()
    {
        Log.ConnectionLeaked(core.Logger, core.Id, core.RemoteAddress, core.Origin ?? "(unknown; set ConnectionOptions.RecordOrigin to see)");
        core.Fail(new Cause(EndReason.Aborted));
    }
}
