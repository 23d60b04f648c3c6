using System.Net.Sockets;
using Zocalo.Engines;

namespace Zocalo.Serving;

/// <summary>
/// Accepts from one socket until the server stops, in spite of all errors. An error of a peer is skipped. After an error on this side (no
/// descriptor, no memory) the loop tries again, with growing pauses, while clients wait in the backlog. At the stop the backlog is accepted
/// first, because closing a listener resets the connections that wait there.
/// </summary>
internal sealed class AcceptLoop(Listener listener, ListenerSocket socket, AcceptLoops all)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(1);

    private volatile bool _isCut;
    private GrowingPause _pause = new(FirstPause, LongestPause);        // grows from one failed accept to the next

    /// <summary>Runs on the socket's own loop, if it has one, from the beginning: the caller may be another one.</summary>
    internal Task RunAtHomeAsync() => socket.Scheduler is not { } home ? RunAsync() : home.Context.Run(async () =>
    {
        await Task.Yield();
        await RunAsync();
    });

    internal async Task RunAsync()
    {
        while (!all.Stopping.IsCancellationRequested)
        {
            if (all.HasOneQueue)
            {
                await all.Served.WaitForRoomAsync(all.Stopping);
                if (all.Stopping.IsCancellationRequested)
                {
                    break;
                }
            }
            await listener.Admission.WaitForTurnAsync(all.Stopping);
            if (all.Stopping.IsCancellationRequested)
            {
                break;
            }
            var accepted = listener.Admit(await socket.AcceptAsync(), all.Origin);
            if (accepted.Connection is { } connection)
            {
                _pause.Reset();
                all.OnAccepted();
                await BeginAsync(connection, accepted.Lease);
            }
            else if (!accepted.IsRefused && !accepted.IsPeersDoing && !all.Stopping.IsCancellationRequested)
            {
                await WaitOutAsync(accepted.Error);
            }
        }
        await EmptyBacklogAsync();
        socket.Close();
    }

    /// <summary>The server stops: ends the accept that waits.</summary>
    internal void CloseIfEmpty()
    {
        if (!socket.IsConnectionWaiting)
        {
            socket.Close();
        }
    }

    /// <summary>The time of the stop is over: the kernel resets what still waits in the backlog.</summary>
    internal void Cut()
    {
        _isCut = true;
        socket.Close();
    }

    /// <summary>With several queues none may hold room for a connection that has not come: room goes to the one that came first.</summary>
    private Task BeginAsync(Connection connection, IDisposable? lease)
    {
        if (!all.HasOneQueue)
        {
            return all.Served.BeginInTurnAsync(connection, lease);
        }
        all.Served.Begin(connection, lease);
        return Task.CompletedTask;
    }

    /// <summary>Accepts what waits in the backlog: the kernel has already connected these clients, and their bytes may have
    /// arrived. Behind as many as it can hold there is nobody who was connected before the stop.</summary>
    private async Task EmptyBacklogAsync()
    {
        all.ReleaseReserve();
        var accepted = 0L;
        while (!_isCut && accepted < all.MostInQueue && socket.IsConnectionWaiting)
        {
            var late = listener.Admit(await socket.AcceptAsync(), all.Origin);
            accepted += late.Error == SocketError.Success ? 1 : 0;
            if (late.Connection is not null)
            {
                all.Served.Begin(late.Connection, late.Lease);
            }
            else if (!late.IsRefused && !late.IsPeersDoing)
            {
                return;
            }
        }
    }

    private async Task WaitOutAsync(SocketError error)
    {
        all.OnPausing(error, FirstPause);
        do
        {
            try
            {
                await Task.Delay(_pause.Next(), all.Time, all.Stopping);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
        while (!all.TryTakeReserve());      // these may be the reserve's own again: only an accept shows that the shortage is over
    }
}
