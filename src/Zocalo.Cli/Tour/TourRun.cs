using System.Text;
using System.Text.RegularExpressions;

namespace Zocalo.Cli;

/// <summary>The tour: the tutorial's two programs, then a table of what tutorials leave to the reader, row by row as it is done.</summary>
internal sealed class TourRun(StandardStream output, TimeProvider time, CancellationToken stop)
{
    private const string Address = ":5346";
    private const int MarkWidth = 10;
    private const int NameWidth = 26;

    // A row that hangs is a row that failed.
    private static readonly TimeSpan RowTimeout = TimeSpan.FromSeconds(30);

    private static readonly ITourRow[] Rows = [
        new TutorialRow(), new LateReplyRow(), new TransferRow(), new WholeMessagesRow(), new BlockedHandlerRow(), new EndsRow()];

    /// <summary>Runs every row, also after one that failed.</summary>
    /// <returns>Whether every row held.</returns>
    /// <exception cref="OperationCanceledException">The tour was stopped; its servers have been ended.</exception>
    public async Task<bool> RunAsync()
    {
        await using var stage = new TourStage(output, time);
        Print("zocalo tour: an echo server in a process of its own, its client, real sockets\n\n");
        await stage.SetAsync(stop);
        stage.Tell($"listening on {stage.Tutorial.Address} ({PeerName.Reach(stage.Tutorial.Address)}; process {stage.Tutorial.ProcessId})");

        // The first row prints the tutorial's own lines, before the table.
        int held = 0;
        foreach (ITourRow row in Rows)
        {
            Outcome outcome = await TryAsync(row, stage);
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
        foreach (ITourRow row in Rows)
        {
            text.Append('\n').Append("# ").Append(row.Name).Append('\n');
            foreach (string line in row.Repeat(zocalo, Address).ReplaceLineEndings("\n").Split('\n'))
            {
                AppendContinued(text, line);
            }
        }
        return text.ToString();
    }

    // A program with a long path makes long lines; a shell joins those that end with a backslash, outside quotes.
    private static void AppendContinued(StringBuilder text, string line)
    {
        const string Continuation = "    ";
        int at = 0;
        foreach (string word in Regex.Matches(line, "^ *(?:'[^']*'|[^ '])+|(?:'[^']*'|[^ '])+").Select(match => match.Value))
        {
            if (at > 0 && at + 1 + word.Length + 2 > HelpText.Width && line.Length > HelpText.Width)
            {
                text.Append(" \\\n").Append(Continuation);
                at = Continuation.Length;
            }
            else if (at > 0)
            {
                text.Append(' ');
                at++;
            }
            text.Append(word);
            at += word.Length;
        }
        text.Append('\n');
    }

    private async Task<Outcome> TryAsync(ITourRow row, TourStage stage)
    {
        using var limit = new CancellationTokenSource(RowTimeout, time);
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

    private void PrintRow(ITourRow row, Outcome outcome)
    {
        string mark = outcome.Held ? Paint.Green("ok    ") : Paint.Red("FAILED");
        var text = new StringBuilder($"  {mark}  {row.Name.PadRight(NameWidth)}");
        int column = MarkWidth + NameWidth;
        HelpText.AppendWrapped(text, ByteText.OneLine(outcome.Done), column, column);
        Print(text.ToString());
    }

    private void Print(string text) => output.Write(text);
}
