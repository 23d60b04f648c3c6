using System.CommandLine;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary><c>zocalo echo</c>: a server that sends back what it is sent.</summary>
internal static class EchoCommand
{
    /// <summary>The address of the tutorial.</summary>
    public const string DefaultAddress = "127.0.0.1:5346";

    private const string PerLoopName = "--per-loop";

    private const string About = """
        Echo: send back to every client what it sends, until it finishes.

        On standard error: where it listens and who can reach that, a line for each client that comes and one for how
        its connection ended, with the bytes in and out; -v tells the limits and who is refused too. More than 100 of them in a second
        are summed up in one line, and what nobody reads is left out and counted: a log never holds up a client.
        With --frame messages are sent back, each when it has come whole; -v tells of each one. A client that breaks
        the format ends with ProtocolError, one that hangs up inside a message with Truncated, and why.
        The first SIGINT or SIGTERM drains (accepts no more, sends what is under way) and ends with 0; clients that
        have not finished after --drain-timeout, or at the second signal, are aborted: they see a reset, and the exit
        code is 1, or 130 or 143 for the second signal.

        Events of --json: listening (address, reach, engine), limits (connections, loweredBy), connected (id, local,
        remote), closed (id, reason, deadline, input, output, bytesIn, bytesOut, problem), frame (id, way, number, bytes, time;
        with -v), draining (connections, limitSeconds), dropped (count: events that nobody read), log, error (message,
        exitCode).

        zocalo echo
        zocalo echo '*:7' --max-connections 100 --first-byte 5s --idle 1m
        zocalo echo '*:7' --max-connections 100 --per-address 4 --deny 192.0.2.0/24
        zocalo echo 127.0.0.1:7 --also '[::1]:7' --also unix:/tmp/echo
        zocalo echo :7000 --frame len:u32be,max=64K -v
        zocalo echo --engine epoll,strict --loops 2
        zocalo echo --engine epoll --per-loop
        zocalo echo --control unix:/tmp/echo.zocalo
        """;

    public static Command Create()
    {
        var address = new AddressArgument(
            "Where to listen: :8080 (this machine only), *:8080 (any interface), host:port, unix:/path, unix:@name, or: host port; " +
            $"port 0 takes a free one. [default: {DefaultAddress}]",
            DefaultAddress);
        var once = Options.Flag("--once", "Serve one connection, then exit.");
        var handler = Options.Choice(
            "--handler",
            "How the handler is written: one call to CopyToAsync, or the plain loop of ReadAsync, GetSpan, Advance, FlushAsync, AdvanceTo.",
            EchoHandler.Copy);
        var placement = Options.Choice(
            "--placement",
            "Where handlers run: in the engine's own place (a loop, a thread each), or on the thread pool: for handlers known to block.",
            HandlerPlacement.Engine);
        var frame = Options.Frame("Echo messages instead of bytes.");
        var backlog = Options.Count(
            "--backlog", "How many connections may wait to be accepted. [default: 512]", new ServerOptions().Backlog);
        var perLoop = Options.Flag(
            PerLoopName,
            "Each event loop of select or epoll listens and accepts by itself (SO_REUSEPORT): for many short connections. " +
            "What comes to a loop that is blocked waits, though another loop may be free.");
        var most = Options.Count(
            "--max-connections",
            "How many connections at once; the next ones wait. [default: what the descriptor limit and the engine allow]",
            int.MaxValue);
        var deadlines = new DeadlineOptions("10m");
        var also = Options.Many(
            "--also",
            "ADDRESS",
            "Listen there too, as one server: its limits hold for all.",
            static text => Address.TryParse(text, out _, out var problem) ? null : problem);
        var admission = new AdmissionOption();
        var control = Options.Of<UnixAddress?>(
            "--control",
            "ADDRESS",
            "Let 'zocalo top' watch on this Unix socket, unix:/path: this user only. " +
            $"A name that ends with {Options.ControlSuffix} is found by the number of the process.",
            (text, out control, out error) =>
            {
                control = Address.TryParse(text, out var parsed, out error) ? parsed as UnixAddress : null;
                error ??= $"'{text}' is not a Unix socket; write unix:/path{Options.ControlSuffix}";
                return control is not null;
            });
        var drain = Options.DrainTimeout();
        var delay = Options.Time(
            "--reply-delay",
            "A teaching aid: collect until the client finishes (FIN), wait this long, then reply. Shows clients that hang up too early.",
            TimeSpan.Zero);
        var block = Options.Time(
            "--block-first",
            "A teaching aid: the handler of the first client blocks its thread this long before each reply. " +
            "With --engine epoll --loops 1 the others notice nothing; add --no-rescue, and they wait.",
            TimeSpan.Zero);
        var parent = Options.Flag("--until-stdin-closes", "Exit when standard input ends: for a parent that may die.");
        parent.Hidden = true;
        var engine = new EngineOption();
        var report = ReportOptions.OfConnections();

        var command = new Command("echo", About);
        address.AddTo(command);
        command.AddAll(also, once, handler, placement, delay, block, backlog, perLoop, most);
        admission.AddTo(command);
        deadlines.AddTo(command);
        command.AddAll(drain, control, parent, frame);
        engine.AddTo(command);
        report.AddTo(command);
        command.Does(parsed => report.Events(parsed, connections: Volume.Normal), (parsed, events) =>
        {
            if (parsed.IsGiven(frame)
                && (new Option[] { handler, delay, block }).FirstOrDefault(parsed.IsGiven) is { } other)
            {
                throw new ToolException($"{Options.FrameName} and {other.Name} do not go together; leave one out", ExitCode.Usage);
            }
            var chosen = engine.Read(parsed, events);
            Address[] where = [address.Read(parsed), .. (parsed.GetValue(also) ?? []).Select(Address.Parse)];
            return new EchoServer(events, new EchoArguments(
                Once: parsed.GetValue(once),
                Handler: parsed.GetValue(handler),
                Placement: parsed.GetValue(placement),
                Format: parsed.GetValue(frame),
                Backlog: parsed.GetValue(backlog),
                PerLoop: parsed.GetValue(perLoop) && CanListenPerLoop(where, chosen, events),
                MaxConnections: parsed.GetValue(most),
                Deadlines: deadlines.Read(parsed),
                Admission: admission.Read(parsed),
                DrainTimeout: parsed.GetValue(drain),
                Control: parsed.GetValue(control),
                ReplyDelay: parsed.GetValue(delay),
                BlockFirst: parsed.GetValue(block),
                WatchesParent: parsed.GetValue(parent),
                Engine: chosen,
                Addresses: where)).RunAsync();
        });
        return command;
    }

    private static bool CanListenPerLoop(Address[] where, Engine engine, Events events)
    {
        if (where.OfType<UnixAddress>().FirstOrDefault() is { } unix)
        {
            throw new ToolException($"{PerLoopName} is for TCP, and {unix} is a Unix socket; leave {PerLoopName} out", ExitCode.Usage);
        }
        if (engine.Capabilities.HasFlag(EngineCapabilities.Loops))
        {
            return true;
        }
        events.Log(LogLevel.Warning, $"{PerLoopName} does nothing: the engine {engine.Name} has no event loops");
        return false;
    }
}

/// <summary>What the command line of <c>zocalo echo</c> says.</summary>
/// <param name="Addresses">Where to listen.</param>
/// <param name="Engine">Who waits for the sockets.</param>
/// <param name="Placement">Where handlers run.</param>
/// <param name="Handler">How the handler is written.</param>
/// <param name="Format">Null: bytes are echoed, not messages.</param>
/// <param name="Once">Whether the first client is the only one.</param>
/// <param name="Backlog">How many may wait to be accepted.</param>
/// <param name="PerLoop">Whether each event loop listens by itself.</param>
/// <param name="MaxConnections">How many are served at once.</param>
/// <param name="Deadlines">How long each client may take; null: the library's defaults.</param>
/// <param name="Admission">Who may connect.</param>
/// <param name="DrainTimeout">How long clients may take to finish after the first signal.</param>
/// <param name="Control">Where the server can be watched; null: nowhere.</param>
/// <param name="ReplyDelay">How long the reply is held back after the client's FIN; zero: it is an ordinary echo.</param>
/// <param name="BlockFirst">For how long the first client's handler blocks its thread before each reply.</param>
/// <param name="WatchesParent">Whether the server ends with its standard input.</param>
internal sealed record EchoArguments(
    Address[] Addresses,
    Engine Engine,
    HandlerPlacement Placement,
    EchoHandler Handler,
    FrameFormat? Format,
    bool Once,
    int Backlog,
    bool PerLoop,
    int MaxConnections,
    Deadlines? Deadlines,
    AdmissionOptions Admission,
    TimeSpan DrainTimeout,
    UnixAddress? Control,
    TimeSpan ReplyDelay,
    TimeSpan BlockFirst,
    bool WatchesParent);
