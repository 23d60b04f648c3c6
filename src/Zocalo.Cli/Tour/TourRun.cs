namespace Zocalo.Cli;

/// <summary>The tour: the tutorial's two programs, then a table of what tutorials leave to the reader, row by row as it is done.</summary>
internal sealed class TourRun(StandardStream output, TimeProvider time, CancellationToken stop)
{
    private const int NameWidth = 26;

    // A row that hangs is a row that failed.
    private static readonly TimeSpan RowTimeout = TimeSpan.FromSeconds(30);

    private static readonly ITourRow[] Rows = [new TutorialRow(), new LateReplyRow(), new TransferRow(), new WholeMessagesRow(), new BlockedHandlerRow(), new EndsRow()];

    /// <summary>Runs every row, also after one that failed.</summary>
    /// <returns>Whether every row held.</returns>
    /// <exception cref="OperationCanceledException">The tour was stopped; its servers have been ended.</exception>
    public async Task<bool> RunAsync()
    {
        await using var stage = new TourStage(output, time);
        Print("zocalo tour: an echo server in a process of its own, and its client, over real sockets\n\n");
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
                Print("\nwhat was shown, what was done, and how to repeat it\n\n");
            }

            PrintRow(row, outcome, stage);
        }

        Print($"\n{held} of {Rows.Length} held\n");
        return held == Rows.Length;
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

    private void PrintRow(ITourRow row, Outcome outcome, TourStage stage)
    {
        string mark = outcome.Held ? Paint.Green("ok    ") : Paint.Red("FAILED");
        Print($"  {mark}  {row.Name.PadRight(NameWidth)}{ByteText.OneLine(outcome.Done)}\n");
        Print($"          {"repeat:",-NameWidth}{row.Repeat(stage)}\n");
    }

    private void Print(string text) => output.Write(text);
}
