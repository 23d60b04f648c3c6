using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo listen</c>: wait for a client, then converse with it as <c>connect</c> does with a server.</summary>
internal static class ListenCommand
{
    private const string About = """
        Listen: accept a client; standard input to it, what it sends to standard output.

        A client that has finished (FIN) still gets its reply: standard input is sent to its end, unless it is a
        terminal. Everything else is as with 'zocalo connect' (see its help): the forms, messages with --frame, no limit on silence.
        With -k the next client is served when one has ended: one after the other, never two at once; standard
        input goes on where the last client left it, and once it has ended each client gets the end at once;
        with --send every client gets TEXT. A pipe that pauses for half a second has nothing more for a client
        that has finished: the next one's turn.
        SIGINT and SIGTERM end at once (130, 143); with -k the first one accepts no more, lets the client that is
        being served finish (--drain-timeout), and ends with 0, or with 1 when it had to be aborted; the second one
        aborts it.

        Events of --json: listening (address, reach, engine), then as with connect; draining (connections).

        zocalo listen :8080 > upload
        zocalo listen '*:8080' -k -v < page
        zocalo listen :7000 -k -v --frame digits:5
        """;

    public static Command Create()
    {
        var address = new AddressArgument("Where to listen: :8080 (this machine only), *:8080 (any interface), host:port, unix:/path, unix:@name, or: host port; port 0 takes a free one.");
        Option<bool> keep = SharedOptions.Flag("-k", "Keep listening: serve one client after the other.", "--keep-listening");
        Option<TimeSpan> drain = SharedOptions.DrainTimeout();
        var exchange = new ExchangeOptions();
        var shared = new SharedOptions();

        var command = new Command("listen", About);
        address.AddTo(command);
        command.Add(keep);
        exchange.AddTo(command);
        command.Add(drain);
        shared.AddTo(command);
        command.SetAction((parsed, _) =>
        {
            IEvents events = shared.Events(parsed, connections: Volume.Verbose);
            return Tool.GuardAsync(events, async () =>
            {
                var options = new ListenOptions
                {
                    Engine = shared.Engine(parsed, events),
                    Connection = exchange.PatientConnection(parsed),
                    Logger = new EventLogger(events),
                };
                Func<IByteSource> source = exchange.Source(parsed, awaitPipe: !parsed.GetValue(keep));
                using var signals = new StopSignals();
                await using Listener listener = await Listener.ListenAsync(address.Read(parsed), options, signals.Stop);
                var listening = new ListenRun(
                    listener,
                    options.Engine,
                    connection => new Exchange(exchange.Wire(parsed, connection, events), source(), exchange.Eof(parsed), TimeProvider.System),
                    events,
                    signals,
                    parsed.GetValue(drain));
                return parsed.GetValue(keep) ? await listening.ServeOneAfterTheOtherAsync() : await listening.ServeOneAsync();
            });
        });
        return command;
    }
}
