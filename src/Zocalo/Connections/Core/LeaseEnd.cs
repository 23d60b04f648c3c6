using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>Disposes of what admitted a connection, once, when the connection has ended.</summary>
internal sealed class LeaseEnd(IDisposable lease, long connectionId, ILogger logger) : IThreadPoolWorkItem
{
    /// <summary>A lease may be the program's, and its failure must not become the connection's.</summary>
    internal static void End(IDisposable? lease, long connectionId, ILogger logger)
    {
        try
        {
            lease?.Dispose();
        }
        catch (Exception error)
        {
            Log.LeaseFailed(logger, connectionId, error);
        }
    }

    void IThreadPoolWorkItem.Execute() => End(lease, connectionId, logger);
}
