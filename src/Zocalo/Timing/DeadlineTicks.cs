namespace Zocalo.Timing;

/// <summary><see cref="Deadlines"/> as a visit needs them: in ticks of the wheel, with the defaults of their side. Immutable; all
/// connections of a server share one.</summary>
internal sealed class DeadlineTicks
{
    /// <summary>A limit that is never reached.</summary>
    internal const int Never = int.MaxValue;

    private static readonly TimeSpan IdleOnServers = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShortestPeriod = TimeSpan.FromMilliseconds(250);
    private const int MinRateOnServers = 240;

    private static readonly DeadlineTicks DefaultsOfServers = new(null, isServers: true);
    private static readonly DeadlineTicks DefaultsOfClients = new(null, isServers: false);

    private DeadlineTicks(Deadlines? deadlines, bool isServers)
    {
        Source = deadlines ?? new();
        IsBackground = deadlines is null;
        FirstByte = ToTicks(Source.FirstByte, Timeout.InfiniteTimeSpan);
        Idle = ToTicks(Source.Idle, isServers ? IdleOnServers : Timeout.InfiniteTimeSpan);
        Silence = ToTicks(Source.Silence, Timeout.InfiniteTimeSpan);
        Lifetime = ToTicks(Source.Lifetime, Timeout.InfiniteTimeSpan);
        Grace = Wheel.ToTicks(Source.MinRateGrace);
        LeastInGrace = (long)((Source.MinRate ?? (isServers ? MinRateOnServers : 0)) * Source.MinRateGrace.TotalSeconds);
        Period = PeriodFor(Math.Min(Math.Min(FirstByte, Idle), Math.Min(Silence, Lifetime)));
    }

    /// <summary>As the program has set them.</summary>
    internal Deadlines Source { get; }

    /// <summary>Nobody has set them: they are the defaults.</summary>
    internal bool IsBackground { get; }

    internal int FirstByte { get; }

    internal int Idle { get; }

    internal int Silence { get; }

    internal int Lifetime { get; }

    /// <summary>The time over which the rate is an average.</summary>
    internal int Grace { get; }

    /// <summary>Bytes in that time; 0 for no limit.</summary>
    internal long LeastInGrace { get; }

    /// <summary>From one visit to the next, when nothing else is due sooner.</summary>
    internal int Period { get; }

    /// <param name="deadlines">Null for the defaults.</param>
    /// <param name="isServers">Whose defaults.</param>
    internal static DeadlineTicks Of(Deadlines? deadlines, bool isServers) =>
        deadlines is not null ? new(deadlines, isServers) : isServers ? DefaultsOfServers : DefaultsOfClients;

    /// <summary>How often to visit, so that a limit of this length is exceeded by a quarter at most.</summary>
    internal static int PeriodFor(int limit) => (int)Math.Clamp(limit / 4, ShortestPeriod / Wheel.Tick, Wheel.LongestPeriod);

    /// <returns><see cref="Never"/> for an infinite time.</returns>
    internal static int ToTicks(TimeSpan? time, TimeSpan otherwise) =>
        (time ?? otherwise) is var limit && limit == Timeout.InfiniteTimeSpan ? Never : Wheel.ToTicks(limit);
}
