using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>One timer of a <see cref="FakeTime"/>, which owns its state: everything that can change does so under the clock's
/// lock.</summary>
internal sealed class FakeTimer(FakeTime clock, TimerCallback callback, object? state) : ITimer, IComparable<FakeTimer>
{
    /// <summary>When it fires, in ticks since the clock's start.</summary>
    internal long Due { get; set; }

    /// <summary>Of timers that are due at the same time, the one that was set first fires first.</summary>
    internal long Order { get; set; }

    /// <summary>Ticks between two firings; 0 for a single one.</summary>
    internal long Period { get; set; }

    internal bool IsDisposed { get; set; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        TimerTimes.Check(dueTime, nameof(dueTime));
        TimerTimes.Check(period, nameof(period));
        return clock.Arm(this, dueTime, period);
    }

    public int CompareTo(FakeTimer? other) =>
        other is null ? 1
        : Due != other.Due ? Due.CompareTo(other.Due)
        : Order.CompareTo(other.Order);

    public void Dispose() => clock.Forget(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    internal void Fire() => callback(state);
}
