using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>Cancels a connection's token source from the engine's run queue, where all user code runs.</summary>
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
            Log.CallbackFailed(logger, error);      // a user's callback threw: the connection does not stop for it
        }
    }
}
