namespace Zocalo.Cli.Tests;

/// <summary>A clock that moves when it is told, or by a step whenever it is read. One timer at a time.</summary>
internal sealed class ManualClock : TimeProvider
{
    private long _now = TimeSpan.TicksPerDay;
    private Action? _timer;
    private long _due;

    /// <summary>How far it moves at each reading.</summary>
    public TimeSpan Step { get; init; }

    public bool HasTimer => _timer is not null;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Interlocked.Add(ref _now, Step.Ticks);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        _due = _now + dueTime.Ticks;
        _timer = () => callback(state);
        return new Timer(this);
    }

    public void Advance(TimeSpan time)
    {
        _now += time.Ticks;
        if (_timer is { } timer && _now >= _due)
        {
            _timer = null;
            timer();
        }
    }

    private sealed class Timer(ManualClock clock) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose() => clock._timer = null;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
