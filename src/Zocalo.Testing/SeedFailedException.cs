namespace Zocalo.Testing;

/// <summary>A test has failed with one seed. The message says which seed, how to replay it, and what has happened.</summary>
public sealed class SeedFailedException : Exception
{
    internal SeedFailedException(ulong seed, string replay, Exception failure, string trace) : base(
        $"""
        Seed {seed} fails: {failure.GetType().Name}: {failure.Message}
        Replay it with: {replay}
        The end of its trace:
        {trace}
        """,
        failure)
    {
        Seed = seed;
        Replay = replay;
    }

    /// <summary>The seed.</summary>
    public ulong Seed { get; }

    /// <summary>A command line that runs only this seed.</summary>
    public string Replay { get; }
}
