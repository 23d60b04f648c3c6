namespace Zocalo.Testing;

/// <summary>How to explore. Immutable.</summary>
public sealed record ExploreOptions
{
    /// <summary>The defaults.</summary>
    public static ExploreOptions Default { get; } = new();

    /// <summary>The first seed: 1 unless set.</summary>
    public ulong First { get; init; } = 1;

    /// <summary>Seeds that run at the same time, each on a thread of its own: one for each processor unless set. At least 1. A test with
    /// static state of its own needs 1.</summary>
    public int Parallelism
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Parallelism), value, $"Parallelism is {value}; it must be at least 1.");
    } = Environment.ProcessorCount;

    /// <summary>Whether a connection that is still open at the end of the test is a failure: it is unless set.</summary>
    public bool CheckLeaks { get; init; } = true;

    /// <summary>What <see cref="SimulatedNetwork.YieldRatio"/> begins with: 0.1 unless set, from 0 to 1.</summary>
    public double YieldRatio
    {
        get;
        init => field = Network.World.CheckRatio(value, nameof(YieldRatio));
    } = 0.1;

    /// <summary>How many lines of the trace, the last ones, a failure shows: 60 unless set.</summary>
    public int TraceLines { get; init; } = 60;
}
