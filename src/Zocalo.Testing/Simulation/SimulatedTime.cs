using Zocalo.Testing.Simulation;
using Zocalo.Timing;

namespace Zocalo.Testing;

/// <summary>
/// The time of a simulation: it stands still while anything can run, and jumps to the next timer or arrival when nothing can. An hour of
/// waiting costs only the events in it. Pass it wherever a <see cref="TimeProvider"/> is accepted: <c>Task.Delay(time, net.Time)</c>,
/// <see cref="CancellationTokenSource"/>, <see cref="PeriodicTimer"/>. Zocalo's own options do not need it: the engine of a simulated host
/// has this time.
/// </summary>
/// <remarks>Timers that are due at the same time fire in the order in which they were set, on the simulation's thread, never inside the
/// call that set them. Thread-safe.</remarks>
public sealed class SimulatedTime : TimeProvider, IBackgroundTimers
{
    private readonly SimulationScheduler _scheduler;
    private long _jumped;

    internal SimulatedTime(SimulationScheduler scheduler) => _scheduler = scheduler;

    /// <summary>The time at which every simulation begins: the first day of the year 2000, UTC.</summary>
    public static DateTimeOffset Start { get; } = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The time since the simulation began.</summary>
    public TimeSpan Elapsed => TimeSpan.FromTicks(_scheduler.Now);

    /// <summary>10,000,000: a timestamp is the number of <see cref="TimeSpan.Ticks"/> since the start.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC, so that a test gives the same result everywhere.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Start.AddTicks(_scheduler.Now + Volatile.Read(ref _jumped));

    /// <inheritdoc/>
    public override long GetTimestamp() => _scheduler.Now;

    /// <summary>
    /// Sets the wall clock forward or back, as an administrator or a time server does: <see cref="GetUtcNow"/> jumps. Timestamps and timers
    /// do not change, as on a real system (clock_gettime(2): CLOCK_REALTIME and CLOCK_MONOTONIC).
    /// </summary>
    public void JumpClock(TimeSpan by) => Interlocked.Add(ref _jumped, by.Ticks);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _scheduler.Timers.Create(callback, state, dueTime, period);

    ITimer IBackgroundTimers.CreateBackgroundTimer(TimerCallback callback, object? state) =>
        _scheduler.Timers.CreateInBackground(callback, state);
}
