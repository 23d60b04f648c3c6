using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>The firing of a connection's token, which goes through the engine's ready list, as all code of the user's does.</summary>
internal sealed class CancelWorkItem(CancellationTokenSource source, ILogger logger) : IThreadPoolWorkItem
{
    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            source.Cancel();
        }
        catch (AggregateException error)
        {
            Log.CallbackFailed(logger, error);      // a callback of the user's threw: the connection's business goes on
        }
    }
}
