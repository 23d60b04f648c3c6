namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo echo</c>: start, tell of each connection, drain at the first signal, abort at the second.</summary>
internal sealed class EchoServer(Events events, ConnectionHandler echo, FrameFormat? format, ServerOptions options, bool once)
{
    // A handler that blocks its thread has no end to tell of; a process that was asked to stop does not wait for it.
    private static readonly TimeSpan ReportsAfterStop = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportsAfterAbort = TimeSpan.FromSeconds(1);

    // A client may be quicker than our own lines about where we listen; those come first all the same.
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _firstEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The tool does not exit before the line about the last end is written: one for each connection, one for the server.
    private readonly TaskCompletionSource _allReported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unreported = 1;
    private int _served;

    // With --once a second client waits in the backlog, as it does with the server of the tutorial.
    private readonly int _most = once ? 1 : options.MaxConnections;

    public async Task<int> RunAsync(Address address)
    {
        using var signals = new StopSignals();
        // Nobody is told of connections: then they cost what the library's own cost, and no more.
        ConnectionHandler handler = events.Volume == Volume.Quiet && !once ? echo : ServeAsync;
        await using SocketServer? server = await StartAsync(address, handler, signals.Stop);
        if (server is null)
        {
            return signals.ExitCode;
        }
        events.Listening(server.LocalAddress, server.Engine);
        events.Limits(server, options.Connection.WriteStallTimeout, format);
        _announced.SetResult();

        await _firstEnded.Task.WaitAsync(signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (signals.Stop.IsCancellationRequested && server.ConnectionCount is var open and > 0)
        {
            events.Draining(open, options.DrainTimeout);
        }
        await server.StopAsync(signals.Abort);
        return await ConcludeAsync(server.AbortedCount, signals);
    }

    /// <returns>Null when it was stopped before it listened.</returns>
    private async Task<SocketServer?> StartAsync(Address address, ConnectionHandler handler, CancellationToken stop)
    {
        try
        {
            return await SocketServer.StartAsync(address, handler, options with { MaxConnections = _most }, stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>The last lines, and the exit code: a client that was cut off is no success.</summary>
    private async Task<int> ConcludeAsync(int aborted, StopSignals signals)
    {
        Reported();
        await _allReported.Task.WaitAsync(aborted > 0 ? ReportsAfterAbort : ReportsAfterStop, TimeProvider.System)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return aborted > 0 ? events.Fail(ExitSummary.OfAborted(aborted, signals, options.DrainTimeout)) : signals.AbortExitCode;
    }

    private async Task ServeAsync(Connection connection, CancellationToken ct)
    {
        await _announced.Task;
        if (once && Interlocked.Increment(ref _served) > 1)
        {
            // It slipped in between the first one's end and the stop.
            connection.Abort();
            return;
        }
        events.Connected(connection, options.Engine, Origin.Peers);
        Interlocked.Increment(ref _unreported);
        try
        {
            await echo(connection, ct);
        }
        finally
        {
            _ = ReportEndAsync(connection);
        }
    }

    private async Task ReportEndAsync(Connection connection)
    {
        events.Closed(connection, await connection.Closed);
        Reported();
        if (once)
        {
            _firstEnded.TrySetResult();
        }
    }

    private void Reported()
    {
        if (Interlocked.Decrement(ref _unreported) == 0)
        {
            _allReported.TrySetResult();
        }
    }
}
