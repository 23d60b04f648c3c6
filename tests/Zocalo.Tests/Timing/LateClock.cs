namespace Zocalo.Tests.Timing;

/// <summary>A clock whose one set timer fires when the test says so, late or in time.</summary>
internal sealed class LateClock : TimeProvider
{
    private long _now = 1_000_000;
    private LateTimer? _set;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>Whether a timer is set.</summary>
    internal bool IsSet => _set is not null;

    public override long GetTimestamp() => _now;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        Assert.Equal(Timeout.InfiniteTimeSpan, dueTime);
        return new LateTimer(this, () => callback(state));
    }

    /// <summary>Time passes, and nothing fires.</summary>
    internal void Pass(TimeSpan time) => _now += time.Ticks;

    /// <summary>The timer fires, so much later than it should.</summary>
    internal void Fire(TimeSpan late)
    {
        var timer = _set!;
        _set = null;
        _now = Math.Max(_now, timer.Due) + late.Ticks;
        timer.Callback();
    }

    private sealed class LateTimer(LateClock clock, Action callback) : ITimer
    {
        internal long Due { get; private set; }

        internal Action Callback => callback;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.Equal(Timeout.InfiniteTimeSpan, period);
            clock._set = dueTime == Timeout.InfiniteTimeSpan ? null : this;
            Due = dueTime == Timeout.InfiniteTimeSpan ? 0 : clock._now + dueTime.Ticks;
            return true;
        }

        public void Dispose()
        {
        }

        public ValueTask DisposeAsync() => default;
    }
}
