namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo echo</c>: start, report each connection, drain at the first signal, abort at the second.</summary>
internal sealed class EchoServer(Events events, EchoArguments arguments)
{
    // A client whose arrival was told gets its whole reply: what it has begun to send is on its way in this time.
    private static readonly TimeSpan DrainGrace = TimeSpan.FromMilliseconds(250);

    // A client may be quicker than our own lines about where we listen; those come first all the same.
    private readonly TaskCompletionSource _announced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // With --once: the only client that is served has ended.
    private readonly TaskCompletionSource _onlyOneEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private readonly ConnectionHandler _echo = EchoHandlers.For(arguments, events);

    public Task<int> RunAsync() => StopSignals.RunAsync(async signals =>
    {
        if (arguments.WatchesParent)
        {
            ParentWatch.Start();
        }
        // No connection is reported: then they cost what the library's own cost, and no more.
        var isReported = events.Volume > Volume.Quiet || arguments.Once;
        var options = MakeOptions() with { Ended = isReported ? OnEnded : null };
        await using var server = await SocketServer.StartAsync(
            arguments.Addresses, isReported ? ServeAsync : _echo, options, signals.Stop);
        foreach (var address in server.LocalAddresses)
        {
            events.Listening(address, server.Engine);
        }
        events.Limits(server, options.Connection.WriteStallTimeout, arguments.Format);
        _announced.SetResult();

        await _onlyOneEnded.Task.WaitAsync(signals.Stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (signals.Stop.IsCancellationRequested && server.ConnectionCount is var open and > 0)
        {
            events.Draining(open, arguments.DrainTimeout);
        }
        await server.StopAsync(signals.Abort);

        // A client that was cut off is no success.
        return server.AbortedCount is var aborted and > 0
            ? events.Fail(signals.SummaryOf(aborted, arguments.DrainTimeout))
            : signals.AbortExitCode;
    });

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
            DrainGrace = DrainGrace,
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
        if (_onlyOneEnded.Task.IsCompleted)
        {
            // It slipped in between the first one's end and the stop.
            connection.Abort();
            return;
        }
        events.Connected(connection, arguments.Engine, Origin.Peers);
        await _echo(connection, ct);
    }

    // The server tells each end before the next client has its place, and stops when it has told the last.
    private void OnEnded(Connection connection, ConnectionEnd end)
    {
        if (_onlyOneEnded.Task.IsCompleted)
        {
            return;
        }
        events.Closed(connection, end);
        if (arguments.Once)
        {
            _onlyOneEnded.TrySetResult();
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
