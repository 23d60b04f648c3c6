using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo echo</c>: a server that sends back what it is sent.</summary>
internal static class EchoCommand
{
    /// <summary>The address of the tutorial.</summary>
    public const string DefaultAddress = "127.0.0.1:5346";

    private const string About = """
        Echo: send back to every client what it sends, until it finishes.

        On standard error: where it listens and who can reach that, a line for each client that comes and one for how
        its connection ended, with the bytes in and out; -v tells the limits too. More than 100 of them in a second
        are summed up in one line, and what nobody reads is left out and counted: a log never holds up a client.
        With --frame messages are sent back, each when it has come whole; -v tells of each one. A client that breaks
        the format ends with ProtocolError, one that hangs up inside a message with Truncated, and why.
        The first SIGINT or SIGTERM drains (accepts no more, sends what is under way) and ends with 0; clients that
        have not finished after --drain-timeout, or at the second signal, are aborted: they see a reset, and the exit
        code is 1, or 130 or 143 for the second signal.

        Events of --json: listening (address, reach, engine), limits (connections, loweredBy), connected (id, local,
        remote), closed (id, reason, input, output, bytesIn, bytesOut, problem), frame (id, way, number, bytes, time;
        with -v), draining (connections, limitSeconds), dropped (count: events that nobody read), log, error (message,
        exitCode).

        zocalo echo
        zocalo echo '*:7' --max-connections 100
        zocalo echo :7000 --frame len:u32be,max=64K -v
        zocalo echo --engine epoll,strict --loops 2
        """;

    public static Command Create()
    {
        var address = new AddressArgument(
            "Where to listen: :8080 (this machine only), *:8080 (any interface), host:port, unix:/path, unix:@name, or: host port; " +
            $"port 0 takes a free one. [default: {DefaultAddress}]",
            DefaultAddress);
        Option<bool> once = SharedOptions.Flag("--once", "Serve one connection, then exit.");
        Option<EchoHandler> handler = Choice.Of(
            "--handler",
            "How the handler is written: one call to CopyToAsync, or the plain loop of ReadAsync, GetSpan, Advance, FlushAsync, AdvanceTo.",
            EchoHandler.Copy);
        Option<HandlerPlacement> placement = Choice.Of(
            "--placement",
            "Where handlers run: in the engine's own place (a loop, a thread each), or on the thread pool: for handlers known to block.",
            HandlerPlacement.Engine);
        var frame = new FrameOption("Echo messages instead of bytes.");
        Option<int> backlog = SharedOptions.Count(
            "--backlog", "How many connections may wait to be accepted. [default: 512]", new ServerOptions().Backlog);
        Option<int> most = SharedOptions.Count(
            "--max-connections",
            "How many connections at once; the next ones wait. [default: what the descriptor limit and the engine allow]",
            int.MaxValue);
        Option<TimeSpan> drain = SharedOptions.DrainTimeout();
        Option<TimeSpan> delay = SharedOptions.Time(
            "--reply-delay",
            "A teaching aid: collect until the client finishes (FIN), wait this long, then reply. Shows clients that hang up too early.",
            TimeSpan.Zero);
        Option<TimeSpan> block = SharedOptions.Time(
            "--block-first",
            "A teaching aid: the handler of the first client blocks its thread this long before each reply. " +
            "With --engine epoll --loops 1 the others notice nothing; add --no-rescue, and they wait.",
            TimeSpan.Zero);
        Option<bool> leash = SharedOptions.Flag("--until-stdin-closes", "Exit when standard input ends: for a parent that may die.");
        leash.Hidden = true;
        var shared = new SharedOptions();

        var command = new Command("echo", About);
        address.AddTo(command);
        Option[] own = [once, handler, placement, delay, block, backlog, most, drain, leash];
        foreach (Option option in own)
        {
            command.Add(option);
        }
        frame.AddTo(command);
        shared.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            Events events = shared.Events(parsed, connections: Volume.Normal);
            return Tool.GuardAsync(events, () =>
            {
                FrameFormat? format = frame.Read(parsed);
                if (format is not null
                    && (new Option[] { handler, delay, block }).FirstOrDefault(each => parsed.GetResult(each) is { Implicit: false })
                        is { } other)
                {
                    throw new ToolException($"{FrameOption.Name} and {other.Name} do not go together; leave one out", ExitCode.Usage);
                }
                // A client that does not answer our FIN is the drain's to cut, so that it counts: its own deadline comes later.
                TimeSpan drainTime = parsed.GetValue(drain);
                var connection = new ConnectionOptions();
                connection = connection with
                {
                    CloseTimeout = drainTime < connection.CloseTimeout ? connection.CloseTimeout : drainTime + TimeSpan.FromSeconds(1),
                };
                var options = new ServerOptions
                {
                    Engine = shared.Engine(parsed, events),
                    Placement = parsed.GetValue(placement),
                    Backlog = parsed.GetValue(backlog),
                    MaxConnections = parsed.GetValue(most),
                    DrainTimeout = drainTime,
                    Connection = FrameOption.WithRoomFor(format, connection),
                    Logger = new EventLogger(events, Expected(parsed.GetValue(once), parsed.GetValue(most))),
                };
                ConnectionHandler echo = format is null
                    ? EchoHandlers.For(parsed.GetValue(handler), parsed.GetValue(delay), TimeProvider.System)
                    : EchoHandlers.Framed(format, events);
                if (parsed.GetValue(block) is var pause && pause > TimeSpan.Zero)
                {
                    echo = EchoHandlers.BlockingFirst(echo, pause, events);
                }
                if (parsed.GetValue(leash))
                {
                    ParentWatch.Start();
                }
                return new EchoServer(events, echo, format, options, parsed.GetValue(once)).RunAsync(address.Read(parsed));
            });
        });
        return command;
    }

    // The tool has lines of its own for where it listens and for a drain; with --once the second client is to wait; and the
    // limits line tells what select cannot do, unless more was asked for.
    private static string[] Expected(bool once, int most) =>
        [
            "Listening",
            "Draining",
            "DrainCut",
            .. once ? ["ConnectionLimitReached"] : most == int.MaxValue ? (string[])["ConnectionsLimitedByEngine"] : []];
}
