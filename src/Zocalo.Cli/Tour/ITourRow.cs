namespace Zocalo.Cli;

/// <summary>
/// One thing that tutorials leave to the reader, shown at work. To add a row, write its class and name it in
/// <see cref="TourRun"/>; nothing else knows the rows.
/// </summary>
internal interface ITourRow
{
    /// <summary>What is shown, in three or four words.</summary>
    string Name { get; }

    /// <summary>Lines for bash that do the same by hand.</summary>
    /// <param name="zocalo">How this program is called.</param>
    /// <param name="address">Where the servers listen.</param>
    string Repeat(string zocalo, string address);

    /// <summary>Does it, over real sockets.</summary>
    /// <returns>What was done and whether it held. An exception is a row that failed.</returns>
    Task<Outcome> RunAsync(TourStage stage, CancellationToken ct);
}

/// <summary>How a row went.</summary>
internal sealed record Outcome(bool Held, string Done);
