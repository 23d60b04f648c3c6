using System.CommandLine;
using System.Text;
using System.Text.RegularExpressions;

namespace Zocalo.Cli;

/// <summary><c>zocalo tour</c>: the main job in one command.</summary>
internal static class TourCommand
{
    private const string About = """
        Tour: see sockets work, in about fifteen seconds.

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
            ? Task.FromResult(TextEvents.Print(TourRun.How(RawCommandLine.ProgramName)))
            : StopSignals.RunAsync(async signals => await new TourRun(signals.Stop).RunAsync() ? ExitCode.Done : ExitCode.Network));
        return command;
    }
}

/// <summary>The tour: the tutorial's two programs, then a table of what tutorials leave to the reader, row by row as it is done.</summary>
internal sealed class TourRun(CancellationToken stop)
{
    private const string Address = ":5346";
    private const int MarkWidth = 10;
    private const int NameWidth = 26;

    // A row that hangs is a row that failed.
    private static readonly TimeSpan RowTimeout = TimeSpan.FromSeconds(30);

    private static readonly ITourRow[] Rows = [
        new TutorialRow(),
        new LateReplyRow(),
        new TransferRow(),
        new WholeMessagesRow(),
        new BlockedHandlerRow(),
        new NeverReadsRow(),
        new SilentPeerRow(),
        new EndsRow()];

    /// <summary>Runs every row, also after one that failed.</summary>
    /// <returns>Whether every row held.</returns>
    /// <exception cref="OperationCanceledException">The tour was stopped; its servers have been ended.</exception>
    public async Task<bool> RunAsync()
    {
        await using var stage = new TourStage();
        Print("zocalo tour: an echo server in a process of its own, its client, real sockets\n\n");
        await stage.SetAsync(stop);
        var server = stage.Tutorial;
        TourStage.Tell($"listening on {server.Address} ({PeerName.Reach(server.Address)}; process {server.ProcessId})");
        TourStage.Tell($"engine: {server.Engine}");

        // The first row prints the tutorial's own lines, before the table.
        var held = 0;
        foreach (var row in Rows)
        {
            var outcome = await TryAsync(row, stage);
            held += outcome.Held ? 1 : 0;
            if (row == Rows[0])
            {
                Print("\nwhat was shown, and what was done\n\n");
            }
            PrintRow(row, outcome);
        }
        Print($"\n{held} of {Rows.Length} held; by hand:\n  {RawCommandLine.ProgramName} tour --how\n");
        return held == Rows.Length;
    }

    /// <summary>How each row is repeated by hand.</summary>
    public static string How(string zocalo)
    {
        var text = new StringBuilder("each row of the tour by hand, in bash\n");
        foreach (var row in Rows)
        {
            text.Append('\n').Append("# ").Append(row.Name).Append('\n');
            foreach (var line in row.Repeat(zocalo, Address).ReplaceLineEndings("\n").Split('\n'))
            {
                AppendContinued(text, line);
            }
        }
        return text.ToString();
    }

    // A program with a long path makes long lines; a shell joins those that end with a backslash, outside quotes.
    private static void AppendContinued(StringBuilder text, string line)
    {
        const string Continuation = " \\";
        var words = Regex.Matches(line, "^ *(?:'[^']*'|[^ '])+|(?:'[^']*'|[^ '])+").Select(match => match.Value);
        var width = line.Length > HelpText.Width ? HelpText.Width - Continuation.Length : int.MaxValue;
        HelpText.AppendWrapped(text, words, at: 0, indent: 4, width, Continuation);
    }

    private async Task<Outcome> TryAsync(ITourRow row, TourStage stage)
    {
        using var limit = new CancellationTokenSource(RowTimeout, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stop, limit.Token);
        try
        {
            return await row.RunAsync(stage, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new Outcome(false, $"not done after {Duration.Format(RowTimeout)}");
        }
        catch (Exception failure) when (failure is not OperationCanceledException and not BrokenPipeException)
        {
            return new Outcome(false, $"{failure.GetType().Name}: {failure.Message}");
        }
    }

    private static void PrintRow(ITourRow row, Outcome outcome)
    {
        var mark = outcome.Held ? Ansi.Green("ok    ") : Ansi.Red("FAILED");
        var text = new StringBuilder($"  {mark}  {row.Name.PadRight(NameWidth)}");
        var column = MarkWidth + NameWidth;
        HelpText.AppendWrapped(text, ByteText.OneLine(outcome.Done), column, column);
        Print(text.ToString());
    }

    private static void Print(string text) => StandardStream.Output.Write(text);
}

/// <summary>Colour for a terminal that takes it; for a pipe, a file, NO_COLOR or TERM=dumb the text as it is
/// (https://no-color.org).</summary>
internal static class Ansi
{
    // An old Windows console prints the escapes as they are.
    private static readonly bool Wanted = !OperatingSystem.IsWindows() && Terminal.IsScreen && Terminal.WantsColour;

    public static string Green(string text) => Wanted ? $"\e[32m{text}\e[0m" : text;

    public static string Red(string text) => Wanted ? $"\e[31m{text}\e[0m" : text;
}
