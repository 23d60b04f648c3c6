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
        Option<TimeSpan> timeout = SharedOptions.Time(
            "--connect-timeout",
            "How long to try: seconds, or 2s, 500ms, 1m (exit code 124 when it passes). [default: 30s]",
            new ConnectOptions().Timeout);
        var exchange = new ExchangeOptions();
        var shared = new SharedOptions();

        var command = new Command("connect", About);
        address.AddTo(command);
        exchange.AddTo(command);
        command.Add(timeout);
        shared.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            Events events = shared.Events(parsed, connections: Volume.Verbose);
            return Tool.GuardAsync(events, async () =>
            {
                Address server = address.Read(parsed);
                Engine engine = shared.Engine(parsed, events);
                Func<Connection, Exchange> exchangeWith = exchange.Read(parsed, events, engine, Origin.Ours, manyClients: false);
                using var signals = new StopSignals();
                var options = new ConnectOptions
                {
                    Engine = engine,
                    Timeout = parsed.GetValue(timeout),
                    Connection = exchange.PatientConnection(parsed),
                    Logger = new EventLogger(events),
                };
                try
                {
                    Connection connection = await Connector.ConnectAsync(server, options, signals.Stop);
                    return await exchangeWith(connection).RunAsync(finish: CancellationToken.None, signals.Stop);
                }
                catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
                {
                    return signals.ExitCode;
                }
            });
        });
        return command;
    }
}
