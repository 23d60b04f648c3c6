using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo top</c>: a look at a server that runs.</summary>
internal static class TopCommand
{
    private const string About = """
        Top: what a running server is doing, each second anew.

        The server has to let itself be watched: 'zocalo echo --control unix:/path' does, and any program of the
        library by ServerOptions.ControlSocket. The socket is its user's alone, and top only reads. A process is found
        by its number if the name of the socket's file ends with .zocalo (Linux).
        On a terminal: connections by what they do, rates, ends by reason, and the slowest peers, those with the most
        bytes that wait to be sent. Elsewhere, or with --json, the lines of JSON that the server writes: one that says
        who it is, then one each second; with --once only the first that has rates. Ctrl-C ends with 0. A server that
        goes away ends it with 1.

        Lines of --json: who (zocalo: the version, pid, address, engine, maxConnections), then uptimeSeconds, draining,
        connections (queued, reading, sending, working, closing), accepted, ended, rejected, rescues, bytesIn,
        bytesOut, sendQueue, oldestSeconds, ends (by reason), perSecond (accepted, ended, bytesIn, bytesOut), peers
        (id, address, state, ageSeconds, unsent, bytesIn, bytesOut).

        zocalo top unix:/run/user/1000/echo.zocalo
        zocalo top 4711
        zocalo top 4711 --json --once
        """;

    public static Command Create()
    {
        var target = new Argument<string>("ADDRESS|PID")
        {
            Description = "The control socket, unix:/path or unix:@name, or the number of the process that has one.",
            HelpName = "ADDRESS|PID",
        };
        var once = Options.Flag("--once", "Show it once, with the rates of one second, and exit.");
        var json = Options.Flag("--json", "Write to standard output what the server says, lines of JSON.");
        var command = new Command("top", About) { target };
        command.AddAll(once, json);
        command.Does(
            parsed => parsed.GetValue(json) ? new JsonEvents(Volume.Normal) : new TextEvents(Volume.Normal, Volume.Normal),
            (parsed, _) => new TopRun(
                ControlAddress.Find(parsed.GetValue(target)!),
                parsed.GetValue(once),
                !parsed.GetValue(json) && Terminal.IsScreen).RunAsync());
        return command;
    }
}
