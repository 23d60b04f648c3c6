using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo listen</c>: wait for a client, then converse with it as <c>connect</c> does with a server.</summary>
internal static class ListenCommand
{
    private const string About = """
        Listen: accept a client; standard input to it, what it sends to standard output.

        Everything is as with 'zocalo connect' (see its help): the ends, --peer-eof,
        the forms, messages with --frame, no limit on silence.

        With -k it keeps listening. One client is served at a time and the next one
        waits, told of by -v; --max-clients N serves N at once. Each client gets all of
        a file that is standard input, from its beginning, and all of TEXT with --send.
        A pipe or terminal goes on where the last client left it; with several clients
        each chunk (each message with --frame) goes to all of them, and the slowest
        sets the pace; once it has ended each client gets the end at once. A client
        that has finished is done then half a second later, at once with a terminal;
        with --peer-eof continue it is served to the end of the input. On standard
        output the reads of several clients (the messages with --frame) come whole, one
        after the other.
        SIGINT and SIGTERM end at once (130, 143); with -k the first one accepts no
        more, lets the clients that are being served finish (--drain-timeout), and
        ends with 0, or with 1 when it had to abort one; the second one aborts them.

        Events of --json: listening (address, reach, engine), then as with connect;
        draining (connections).

        zocalo listen :8080 > upload
        zocalo listen '*:8080' -k -v --max-clients 100 < page
        zocalo listen :7000 -k -v --frame digits:5
        """;

    public static Command Create()
    {
        var address = new AddressArgument(
            "Where to listen: :8080 (this machine only), *:8080 (any interface), host:port, unix:/path, unix:@name, or: host port; " +
            "port 0 takes a free one.");
        Option<bool> keep = SharedOptions.Flag("-k", "Keep listening: serve client after client.", "--keep-listening");
        Option<int> maxClients = SharedOptions.Count(
            "--max-clients", "With -k: how many clients are served at once; others wait for their turn. [default: 1]", 1);
        Option<TimeSpan> drain = SharedOptions.DrainTimeout();
        var exchange = new ExchangeOptions();
        var shared = new SharedOptions();

        var command = new Command("listen", About);
        address.AddTo(command);
        command.Add(keep);
        exchange.AddTo(command);
        command.Add(drain);
        shared.AddTo(command);
        command.Add(maxClients);
        command.SetAction((parsed, _) =>
        {
            Events events = shared.Events(parsed, connections: Volume.Verbose);
            return Tool.GuardAsync(events, async () =>
            {
                var options = new ListenOptions
                {
                    Engine = shared.Engine(parsed, events),
                    Connection = exchange.PatientConnection(parsed),
                    Logger = new EventLogger(events),
                };
                bool manyClients = parsed.GetValue(keep);
                if (!manyClients && parsed.GetResult(maxClients) is { Implicit: false })
                {
                    throw new ToolException("--max-clients is for a listener that keeps listening; add -k", ExitCode.Usage);
                }
                Func<Connection, Exchange> exchangeWith = exchange.Read(parsed, events, options.Engine, Origin.Peers, manyClients);
                using var signals = new StopSignals();
                await using Listener listener = await Listener.ListenAsync(address.Read(parsed), options, signals.Stop);
                var run = new ListenRun(listener, options.Engine, exchangeWith, events, signals, parsed.GetValue(drain));
                return manyClients ? await run.ServeManyAsync(parsed.GetValue(maxClients)) : await run.ServeOneAsync();
            });
        });
        return command;
    }
}
