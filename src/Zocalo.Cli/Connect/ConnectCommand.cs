using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo connect</c>: a conversation with a server, standard input to it and its words to standard output.</summary>
internal static class ConnectCommand
{
    private const string About = """
        Connect: standard input to the server, what it sends to standard output.

        Standard output carries the payload only. When standard input ends the server
        is told so (FIN), and its reply is read to its end. When the server finishes
        first, standard output is closed, so that '... | tar x' ends, and standard
        input is still sent: to its end, until a send fails, or until the server
        resets the connection. A terminal is not waited for. --peer-eof says otherwise.
        No limit on silence: a person at a terminal is never cut. SIGINT and SIGTERM
        end at once (130, 143).

        With --frame each line of standard input is sent as one message, and each
        message that comes is a line of standard output; 'zocalo frame --help' lists
        the formats. A line that cannot be a message ends the tool (2), and nothing of
        it is sent; a server that breaks the format or hangs up inside a message does
        too (1).

        Events of --json: connected, closed (reason, input, output, bytesIn, bytesOut,
        problem), frame (way, number, bytes, time; with -v), log, error (message,
        exitCode).

        zocalo connect 127.0.0.1:5346 --send 'Hello world!' --print repr
        zocalo connect example.org 80 < request > reply
        zocalo connect :7000 --frame len:u16be --send-hex 0102 --print hex
        """;

    public static Command Create()
    {
        var address = new AddressArgument(
            "tcp://host:port, host:port, [::1]:80, :8080 (this machine), unix:/path, unix:@name, or: host port.");
        var timeout = Options.Time(
            "--connect-timeout",
            "How long to try: seconds, or 2s, 500ms, 1m (exit code 124 when it passes). [default: 30s]",
            new ConnectOptions().Timeout);
        var exchange = new ExchangeOptions();
        var engine = new EngineOption();
        var report = ReportOptions.OfConnections();

        var command = new Command("connect", About);
        address.AddTo(command);
        exchange.AddTo(command);
        command.Add(timeout);
        engine.AddTo(command);
        report.AddTo(command);
        command.Does(parsed => report.Events(parsed, connections: Volume.Verbose), (parsed, events) => RunAsync(
            events,
            new ConnectArguments(
                address.Read(parsed), exchange.Read(parsed), parsed.GetValue(timeout), engine.Read(parsed, events))));
        return command;
    }

    private static Task<int> RunAsync(Events events, ConnectArguments arguments)
    {
        var exchanges = new Exchanges(arguments.Exchange, events, arguments.Engine, Origin.Ours, manyClients: false);
        return StopSignals.RunAsync(async signals =>
        {
            var options = new ConnectOptions
            {
                Engine = arguments.Engine,
                Timeout = arguments.Timeout,
                Connection = arguments.Exchange.PatientConnection(),
                Logger = new EventLogger(events),
            };
            var connection = await Connector.ConnectAsync(arguments.Address, options, signals.Stop);
            return await exchanges.Begin(connection).RunAsync(finish: CancellationToken.None, signals.Stop);
        });
    }
}

/// <summary>What the command line of <c>zocalo connect</c> says.</summary>
internal sealed record ConnectArguments(Address Address, ExchangeArguments Exchange, TimeSpan Timeout, Engine Engine);
