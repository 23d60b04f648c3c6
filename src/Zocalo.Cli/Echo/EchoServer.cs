namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo echo</c>: start, report each connection, drain at the first signal, abort at the second.</summary>
internal sealed class EchoServer(Events events, EchoArguments arguments)
{
    // A handler that blocks its thread has no end to report; a process that is stopping does not wait for it.
    private static readonly TimeSpan ReportsAfterStop = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan ReportsAfterAbort = TimeSpan.FromSeconds(1);

    // A client may be quicker than our own lines about where we listen; those come first all the same.
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _firstEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // The tool does not exit before the line about the last end is written: one for each connection, one for the server.
    private readonly TaskCompletionSource _allReported = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _unreported = 1;
    private int _served;
    private readonly ConnectionHandler _echo = EchoHandlers.For(arguments, events);

    public Task<int> RunAsync() => StopSignals.RunAsync(async signals =>
    {
        if (arguments.WatchesParent)
        {
            ParentWatch.Start();
        }
        // No connection is reported: then they cost what the library's own cost, and no more.
        var handler = events.Volume == Volume.Quiet && !arguments.Once ? _echo : ServeAsync;
        var options = MakeOptions();
        await using var server = await SocketServer.StartAsync(arguments.Addresses, handler, options, signals.Stop);
        foreach (var address in server.LocalAddresses)
        {
            events.Listening(address, server.Engine);
        }
        events.Limits(server, options.Connection.WriteStallTimeout, arguments.Format);
        _announced.SetResult();

        await _firstEnded.Task.WaitAsync(signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (signals.Stop.IsCancellationRequested && server.ConnectionCount is var open and > 0)
        {
            events.Draining(open, arguments.DrainTimeout);
        }
        await server.StopAsync(signals.Abort);
        return await ConcludeAsync(server.AbortedCount, signals);
    });

    /// <summary>The last lines, and the exit code: a client that was cut off is no success.</summary>
    private async Task<int> ConcludeAsync(int aborted, StopSignals signals)
    {
        Reported();
        await _allReported.Task.WaitAsync(aborted > 0 ? ReportsAfterAbort : ReportsAfterStop, TimeProvider.System)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return aborted > 0 ? events.Fail(signals.SummaryOf(aborted, arguments.DrainTimeout)) : signals.AbortExitCode;
    }

    private ServerOptions MakeOptions()
    {
        // A client that does not answer our FIN is the drain's to cut, so that it counts: its own deadline comes later.
        var connection = new ConnectionOptions();
        var closeTimeout = arguments.DrainTimeout < connection.CloseTimeout
            ? connection.CloseTimeout
            : arguments.DrainTimeout + TimeSpan.FromSeconds(1);
        return new ServerOptions
        {
            Engine = arguments.Engine,
            Placement = arguments.Placement,
            Backlog = arguments.Backlog,
            PerLoop = arguments.PerLoop,
            // With --once a second client waits in the backlog, as it does with the server of the tutorial.
            MaxConnections = arguments.Once ? 1 : arguments.MaxConnections,
            Deadlines = arguments.Deadlines,
            Admission = arguments.Admission,
            DrainTimeout = arguments.DrainTimeout,
            ControlSocket = arguments.Control,
            Connection = Options.WithRoomFor(connection with { CloseTimeout = closeTimeout }, arguments.Format),
            Logger = new EventLogger(events, Expected()),
        };
    }

    // The tool has lines of its own for where it listens and for a drain; with --once the second client is to wait; and the
    // limits line says what select cannot do, unless the command line sets a number.
    private string[] Expected() =>
    [
        "Listening",
        "Draining",
        "DrainCut",
        .. arguments.Once ? ["ConnectionLimitReached"]
            : arguments.MaxConnections == int.MaxValue ? (string[])["ConnectionsLimitedByEngine"] : [],
    ];

    private async Task ServeAsync(Connection connection, CancellationToken ct)
    {
        await _announced.Task;
        if (arguments.Once && Interlocked.Increment(ref _served) > 1)
        {
            // It slipped in between the first one's end and the stop.
            connection.Abort();
            return;
        }
        events.Connected(connection, arguments.Engine, Origin.Peers);
        Interlocked.Increment(ref _unreported);
        try
        {
            await _echo(connection, ct);
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
        if (arguments.Once)
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

/// <summary>
/// Ends this process when the parent that holds the other end of standard input dies, however it dies. Rejected:
/// PR_SET_PDEATHSIG, which follows the thread that started us, not the process, and exists on Linux only.
/// </summary>
internal static class ParentWatch
{
    public static void Start() => new Thread(Watch) { IsBackground = true, Name = "parent watch" }.Start();

    private static void Watch()
    {
        Span<byte> ignored = stackalloc byte[64];
        try
        {
            while (StandardStream.Input.Read(ignored) > 0)
            {
            }
        }
        catch (IOException)
        {
            // As good as an end.
        }
        EventOutput.Exit(ExitCode.Done);
    }
}
