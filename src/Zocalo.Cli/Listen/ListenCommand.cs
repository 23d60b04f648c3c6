using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo listen</c>: wait for a client, then converse with it as <c>connect</c> does with a server.</summary>
internal static class ListenCommand
{
    private const string About = """
        Listen: accept a client; standard input to it, what it sends to standard output.

        Everything is as with 'zocalo connect' (see its help): the ends, --peer-eof,
        the forms, messages with --frame, no limit on silence (but --idle sets one).

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
        zocalo listen '*:8080' -k -v --max-clients 100 --per-address 4 < page
        zocalo listen '*:8080' --allow 192.0.2.0/24 > upload
        zocalo listen :7000 -k -v --frame digits:5
        """;

    public static Command Create()
    {
        var address = new AddressArgument(
            "Where to listen: :8080 (this machine only), *:8080 (any interface), host:port, unix:/path, unix:@name, or: host port; " +
            "port 0 takes a free one.");
        var keep = Options.Flag("-k", "Keep listening: serve client after client.", "--keep-listening");
        var maxClients = Options.Count(
            "--max-clients", "With -k: how many clients are served at once; others wait for their turn. [default: 1]", 1);
        maxClients.Aliases.Add("--max-connections");        // as echo calls it
        var deadlines = new DeadlineOptions("no limit");
        var drain = Options.DrainTimeout();
        var admission = new AdmissionOption();
        var exchange = new ExchangeOptions();
        var engine = new EngineOption();
        var report = ReportOptions.OfConnections();

        var command = new Command("listen", About);
        address.AddTo(command);
        command.Add(keep);
        exchange.AddTo(command);
        deadlines.AddTo(command);
        command.Add(drain);
        admission.AddTo(command);
        engine.AddTo(command);
        report.AddTo(command);
        command.Add(maxClients);
        command.Does(parsed => report.Events(parsed, connections: Volume.Verbose), (parsed, events) =>
        {
            if (parsed.IsGiven(maxClients) && !parsed.GetValue(keep))
            {
                throw new ToolException("--max-clients is for a listener that keeps listening; add -k", ExitCode.Usage);
            }
            return new ListenRun(events, new ListenArguments(
                KeepsListening: parsed.GetValue(keep),
                MaxClients: parsed.GetValue(maxClients),
                Deadlines: deadlines.Read(parsed),
                DrainTimeout: parsed.GetValue(drain),
                Admission: admission.Read(parsed),
                Exchange: exchange.Read(parsed),
                Engine: engine.Read(parsed, events),
                Address: address.Read(parsed))).RunAsync();
        });
        return command;
    }
}

/// <summary>What the command line of <c>zocalo listen</c> says.</summary>
/// <param name="Address">Where to listen.</param>
/// <param name="Engine">Who waits for the sockets.</param>
/// <param name="Exchange">How to converse with each client.</param>
/// <param name="KeepsListening">Whether clients are served after the first one.</param>
/// <param name="MaxClients">How many then at once.</param>
/// <param name="Deadlines">How long each client may take.</param>
/// <param name="Admission">Who may connect; the others are reset, and it goes on waiting.</param>
/// <param name="DrainTimeout">How long they may take to finish after the first signal.</param>
internal sealed record ListenArguments(
    Address Address,
    Engine Engine,
    ExchangeArguments Exchange,
    bool KeepsListening,
    int MaxClients,
    Deadlines? Deadlines,
    AdmissionOptions Admission,
    TimeSpan DrainTimeout);
