using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Engines;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// Accepts until the server stops, in spite of all errors. An error of a peer is skipped. After an error on this side (no descriptor, no
/// memory) the loop tries again, with growing pauses, while clients wait in the backlog. At the stop the backlog is accepted first, because
/// closing a listener resets the connections that wait there.
/// </summary>
internal sealed class AcceptLoop(Listener listener, ServedConnections served, string? origin, ILogger logger, TimeProvider time)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private readonly CancellationTokenSource _stop = new();
    private readonly DescriptorReserve _reserve = new();
    private volatile bool _isCut;
    private GrowingPause _pause = new(FirstPause, LongestPause);        // grows from one failed accept to the next

    internal async Task RunAsync()
    {
        _reserve.TryTake();
        while (!_stop.IsCancellationRequested)
        {
            await served.WaitForRoomAsync(_stop.Token);
            if (_stop.IsCancellationRequested)
            {
                break;
            }
            var accepted = listener.Admit(await listener.AcceptSocketAsync(), origin);
            if (accepted.Connection is { } connection)
            {
                GoOn();
                served.Begin(connection);
            }
            else if (!accepted.IsPeersDoing && !_stop.IsCancellationRequested)
            {
                await WaitOutAsync(accepted.Error);
            }
        }
        await EmptyBacklogAsync();
        listener.Close();
        _reserve.Dispose();
        _stop.Dispose();
    }

    /// <summary>Accepts what waits in the backlog: the kernel has already connected these clients, and their bytes may have
    /// arrived.</summary>
    private async Task EmptyBacklogAsync()
    {
        _reserve.Release();
        while (!_isCut && listener.IsConnectionWaiting)
        {
            var late = listener.Admit(await listener.AcceptSocketAsync(), origin);
            if (late.Connection is not null)
            {
                served.Begin(late.Connection);
            }
            else if (!late.IsPeersDoing)
            {
                return;
            }
        }
    }

    internal void Stop()
    {
        _stop.Cancel();
        if (!listener.IsConnectionWaiting)
        {
            listener.Close();       // ends the waiting accept
        }
    }

    /// <summary>The time of the stop is over: the kernel resets what still waits in the backlog.</summary>
    internal void Cut()
    {
        _isCut = true;
        listener.Close();
    }

    private async Task WaitOutAsync(SocketError error)
    {
        _reserve.Release();
        if (!_pause.HasBegun)
        {
            Log.AcceptPaused(logger, error, FirstPause);
        }
        do
        {
            try
            {
                await Task.Delay(_pause.Next(), time, _stop.Token);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
        while (!_reserve.TryTake());        // these may be the reserve's own again: only an accept shows that the shortage is over
    }

    private void GoOn()
    {
        if (_pause.HasBegun)
        {
            _pause.Reset();
            Log.AcceptResumed(logger);
        }
    }
}
