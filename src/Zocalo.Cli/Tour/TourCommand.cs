using System.CommandLine;

namespace Zocalo.Cli;

/// <summary><c>zocalo tour</c>: the main job in one command.</summary>
internal static class TourCommand
{
    private const string About = """
        Tour: see sockets work, in about ten seconds.

        Starts an echo server in a process of its own on 127.0.0.1:5346 (on another port when that is taken), is its
        client over real sockets, and shows what the echo tutorial shows; then one row for each thing that tutorials
        leave to you: what was done, ok or FAILED. Exit code 0 when every row held. --how shows the commands that
        repeat each row by hand.

        zocalo tour
        zocalo tour --how
        """;

    public static Command Create()
    {
        var how = Options.Flag("--how", "Run nothing; show how to repeat each row by hand.");
        var command = new Command("tour", About) { how };
        command.Does(_ => new TextEvents(Volume.Normal, Volume.Normal), (parsed, _) => parsed.GetValue(how)
            ? Task.FromResult(Tool.Print(TourRun.How(RawCommandLine.ProgramName)))
            : StopSignals.RunAsync(async signals =>
                await new TourRun(StandardStream.Output, TimeProvider.System, signals.Stop).RunAsync() ? ExitCode.Done : ExitCode.Network));
        return command;
    }
}
