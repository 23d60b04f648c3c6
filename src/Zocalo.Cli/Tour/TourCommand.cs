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
        Option<bool> how = SharedOptions.Flag("--how", "Run nothing; show how to repeat each row by hand.");
        var command = new Command("tour", About) { how };
        command.SetAction((parsed, _) =>
        {
            var events = new TextEvents(Volume.Normal, Volume.Normal);
            return Tool.GuardAsync(events, async () =>
            {
                if (parsed.GetValue(how))
                {
                    return Tool.Print(TourRun.How(ProgramName.Typed));
                }
                using var signals = new StopSignals();
                try
                {
                    return await new TourRun(StandardStream.Output, TimeProvider.System, signals.Stop).RunAsync()
                        ? ExitCode.Done
                        : ExitCode.Network;
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
