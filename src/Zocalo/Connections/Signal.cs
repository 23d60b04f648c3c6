using Microsoft.Extensions.Logging;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>A cancellation token made only if somebody asks for it, and fired once, in the engine's place. Thread-safe.</summary>
internal sealed class Signal(Channel channel, ILogger logger) : IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private CancellationTokenSource? _source;
    private bool _fired;

    internal CancellationToken Token
    {
        get
        {
            lock (_lock)
            {
                return _source is not null ? _source.Token
                    : _fired ? new CancellationToken(canceled: true)
                    : (_source = new CancellationTokenSource()).Token;
            }
        }
    }

    internal bool HasFired => Volatile.Read(ref _fired);

    internal void Fire()
    {
        lock (_lock)
        {
            if (_fired)
            {
                return;
            }
            _fired = true;
            if (_source is null)
            {
                return;
            }
        }
        channel.Ready(this);
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            _source!.Cancel();
        }
        catch (AggregateException error)
        {
            Log.CallbackFailed(logger, error);      // a callback of the user's threw: the connection's business goes on
        }
    }
}
