using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// The source of a connection's token: made when somebody asks for the token, and fired from the engine's ready list. It is its own work item, so that
/// a connection with a token costs one object.
/// </summary>
internal sealed class Signal(ConnectionCore core) : CancellationTokenSource, IThreadPoolWorkItem
{
    internal void Fire() => core.Start(this);

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            Cancel();
        }
        catch (AggregateException error)
        {
            Log.CallbackFailed(core.Logger, error);     // a callback of the user's threw: the connection's business goes on
        }
    }
}
