using System.Collections.Immutable;

namespace Zocalo.Testing;

/// <summary>How often each kind of fault happens: the part of the connections for which it is drawn. Immutable.</summary>
/// <example><code>net.Faults = FaultMix.Harmless.With(FaultKind.Reset, 0.2);</code></example>
public sealed class FaultMix
{
    private static readonly FaultKind[] Kinds = Enum.GetValues<FaultKind>();

    private readonly ImmutableArray<double> _ratios;

    private FaultMix(ImmutableArray<double> ratios) => _ratios = ratios;

    /// <summary>No fault.</summary>
    public static FaultMix None { get; } = new([.. new double[Kinds.Length]]);

    /// <summary>
    /// Faults that a correct program never notices, because TCP promises bytes in order and nothing else: short reads, pieces, glued
    /// messages, single bytes, delays, short stalls, clocks that are set. Each for a quarter of the connections.
    /// </summary>
    public static FaultMix Harmless { get; } = None.With(
        0.25,
        FaultKind.ShortRead,
        FaultKind.Split,
        FaultKind.Coalesce,
        FaultKind.Dribble,
        FaultKind.Delay,
        FaultKind.Stall,
        FaultKind.ZeroWindow,
        FaultKind.SlowReader,
        FaultKind.AcceptDelay,
        FaultKind.ClockJump);

    /// <summary>Every kind: the harmless ones often, those that break a connection for one connection in twenty, those that affect a whole
    /// host or link for one in a hundred.</summary>
    public static FaultMix All { get; } = Harmless
        .With(
            0.05,
            FaultKind.Reset,
            FaultKind.LostFin,
            FaultKind.SilentDeath,
            FaultKind.HalfOpen,
            FaultKind.NoBuffersOnSend,
            FaultKind.Refuse,
            FaultKind.Unreachable,
            FaultKind.LostSyn,
            FaultKind.DnsFailure,
            FaultKind.NoDescriptors,
            FaultKind.NoBuffersOnAccept,
            FaultKind.AbortedOnAccept)
        .With(
            0.01,
            FaultKind.BacklogOverflow,
            FaultKind.Partition,
            FaultKind.OneWayPartition,
            FaultKind.LinkFlap,
            FaultKind.Loss,
            FaultKind.HostCrash);

    /// <summary>The part of the connections for which a kind of fault is drawn, from 0 to 1.</summary>
    public double this[FaultKind kind] => _ratios[(int)kind];

    internal bool IsNone => this == None;

    /// <summary>The same mix with another ratio for one kind.</summary>
    /// <param name="kind">The kind.</param>
    /// <param name="ratio">From 0 (never) to 1 (for every connection).</param>
    public FaultMix With(FaultKind kind, double ratio) => With(ratio, kind);

    /// <summary>The same mix with another ratio for some kinds.</summary>
    /// <param name="ratio">From 0 (never) to 1 (for every connection).</param>
    /// <param name="kinds">The kind.</param>
    public FaultMix With(double ratio, params ReadOnlySpan<FaultKind> kinds)
    {
        if (ratio is not (>= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(ratio), ratio, $"A ratio is {ratio}; it must be from 0 to 1.");
        }
        var ratios = _ratios.ToBuilder();
        foreach (var kind in kinds)
        {
            ratios[(int)kind] = ratio;
        }
        return new(ratios.ToImmutable());
    }

    /// <summary>The kinds that happen, with their ratios.</summary>
    public override string ToString()
    {
        var mix = this;
        var kinds = Kinds.Where(kind => mix[kind] > 0).Select(kind => FormattableString.Invariant($"{kind} {mix[kind]}"));
        return string.Join(", ", kinds) is { Length: > 0 } text ? text : "none";
    }
}
