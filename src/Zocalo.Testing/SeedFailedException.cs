namespace Zocalo.Testing;

/// <summary>A test failed with one seed; the message says which, how to replay it, and what happened.</summary>
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

    /// <summary>The line for the shell that runs this seed alone.</summary>
    public string Replay { get; }
}
