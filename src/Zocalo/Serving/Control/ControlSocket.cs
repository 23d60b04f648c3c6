using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// Where a running server can be watched (<see cref="ServerOptions.ControlSocket"/>): a server of its own, on a Unix socket for this user
/// only, that writes a line of JSON each second and reads nothing.
/// </summary>
/// <remarks>
/// It runs on the thread pool whatever the engine of the watched server is: it is most wanted when a handler holds up a loop. A watcher
/// that does not read is cut after <see cref="StallTimeout"/>; until then it holds one line and what the send buffer holds.
/// </remarks>
internal sealed class ControlSocket : IAsyncDisposable
{
    /// <summary>Watchers at the same time; more wait.</summary>
    internal const int MostWatchers = 8;

    private static readonly FrameFormat Lines = Frames.Lines();

    private readonly TaskCompletionSource<SocketServer> _watched = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TimeProvider _time;
    private SocketServer? _server;

    /// <param name="time">Not that of the watched server's engine: a loop that is held up would hold up its timers.</param>
    internal ControlSocket(TimeProvider time) => _time = time;

    /// <summary>From one line to the next.</summary>
    internal static TimeSpan Interval { get; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a watcher may take nothing.</summary>
    internal static TimeSpan StallTimeout { get; } = TimeSpan.FromSeconds(5);

    /// <summary>How long the watchers' goodbye may take when the server stops.</summary>
    private static TimeSpan CloseTimeout { get; } = TimeSpan.FromSeconds(1);

    /// <exception cref="NetworkException">The address cannot be bound.</exception>
    internal static async Task<ControlSocket> OpenAsync(UnixAddress address, ILogger logger, CancellationToken cancellationToken)
    {
        var control = new ControlSocket(Engine.Async.Time);
        var options = new ServerOptions
        {
            Engine = Engine.Async,
            IsControl = true,
            MaxConnections = MostWatchers,
            DrainTimeout = CloseTimeout,
        };
        control._server = await SocketServer.StartAsync(address, control.ServeAsync, options, cancellationToken);
        Log.ControlOpened(logger, control._server.LocalAddress);
        return control;
    }

    /// <summary>Begins to answer.</summary>
    internal void Show(SocketServer server) => _watched.SetResult(server);

    /// <summary>The server has stopped.</summary>
    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    /// <summary>The handler: writes to one watcher until the server stops.</summary>
    internal async Task ServeAsync(Connection watcher, CancellationToken cut)
    {
        var draining = watcher.Draining;
        var server = await _watched.Task.WaitAsync(draining);
        Lines.Encode(SnapshotJson.Header(server), watcher.Output);
        ServerSnapshot? last = null;
        while (!draining.IsCancellationRequested)
        {
            var now = server.TakeSnapshot();
            Lines.Encode(SnapshotJson.Of(now, last), watcher.Output);
            last = now;
            if (!await FlushesInTimeAsync(watcher))
            {
                watcher.Abort();
                return;
            }
            await Task.Delay(Interval, _time, draining).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> FlushesInTimeAsync(Connection watcher)
    {
        using var limit = new CancellationTokenSource(StallTimeout, _time);
        try
        {
            await watcher.Output.FlushAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return false;
        }
    }
}
