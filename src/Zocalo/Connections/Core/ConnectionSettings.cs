using Microsoft.Extensions.Logging;
using Zocalo.Timing;

namespace Zocalo.Connections;

/// <summary>What connections from one source have in common: all connections of a listener share one object. Immutable.</summary>
/// <param name="Options">The limits.</param>
/// <param name="Logger">Where their events are logged.</param>
/// <param name="Time">Their clock.</param>
/// <param name="Origin">The stack that made them, if the options ask for it.</param>
internal sealed record ConnectionSettings(ConnectionOptions Options, ILogger Logger, TimeProvider Time, string? Origin = null)
{
    /// <summary>What visits them: the wheel of a clock that user code cannot hold up.</summary>
    internal Wheel Wheel { get => field ??= Wheel.Of(Time); init; }

    /// <summary>Their limits of time, unless one of them gets its own.</summary>
    internal DeadlineTicks Deadlines { get; init; } = DeadlineTicks.Of(null, isServers: false);

    /// <summary><see cref="ConnectionOptions.WriteStallTimeout"/>, where the transport does not keep it.</summary>
    internal int StallTicks { get; } = DeadlineTicks.ToTicks(Options.WriteStallTimeout, Timeout.InfiniteTimeSpan);

    /// <summary>A server has accepted them, so its defaults are theirs.</summary>
    internal bool IsServers { get; init; }
}
