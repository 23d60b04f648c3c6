namespace Zocalo.Testing;

/// <summary>The options of <see cref="Explore"/>. Immutable.</summary>
public sealed record ExploreOptions
{
    /// <summary>The first seed: 1 unless set.</summary>
    public ulong First { get; init; } = 1;

    /// <summary>The number of seeds that run at the same time, each on a thread of its own: one for each processor unless set. At least 1.
    /// A test that uses static state needs 1.</summary>
    public int Parallelism
    {
        get;
        init => field = value >= 1
            ? value
            : throw new ArgumentOutOfRangeException(nameof(Parallelism), value, $"Parallelism is {value}; it must be at least 1.");
    } = Environment.ProcessorCount;

    /// <summary>Whether a connection that is still open at the end of the test is a failure: true unless set.</summary>
    public bool CheckLeaks { get; init; } = true;

    /// <summary>The <see cref="SimulatedNetwork.YieldRatio"/> of each network at first: 0.1 unless set, from 0 to 1.</summary>
    public double YieldRatio
    {
        get;
        init => field = Network.World.CheckRatio(value, nameof(YieldRatio));
    } = 0.1;

    /// <summary>The number of lines at the end of the trace that a failure shows: 60 unless set.</summary>
    public int TraceLines { get; init; } = 60;
}
