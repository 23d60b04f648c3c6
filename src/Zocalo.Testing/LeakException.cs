namespace Zocalo.Testing;

/// <summary>Connections were dropped without being closed. The message names each one and says what to do.</summary>
public sealed class LeakException : Exception
{
    internal LeakException(IReadOnlyList<string> leaks) : base(Describe(leaks)) => Leaks = leaks;

    /// <summary>The library's log message for each connection: its number, its peer, and where it was made if that was recorded.</summary>
    public IReadOnlyList<string> Leaks { get; }

    private static string Describe(IReadOnlyList<string> leaks) => $"""
        {(leaks.Count == 1
            ? "1 connection was"
            : $"{leaks.Count} connections were")} dropped without being closed. Dispose each (await using), close or abort it.
        ConnectionOptions.RecordOrigin tells where it was made.
        - {string.Join($"{Environment.NewLine}- ", leaks)}
        """;
}
