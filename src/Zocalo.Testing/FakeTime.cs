using Zocalo.Testing.Simulation;
using Zocalo.Timing;

namespace Zocalo.Testing;

/// <summary>
/// A clock that stands still until a test moves it. Timers fire while <see cref="Advance"/> runs, on its caller's thread, in the order in
/// which they are due, each when the clock shows its own time. Pass it wherever a <see cref="TimeProvider"/> is accepted: Zocalo's options,
/// <c>Task.Delay</c>, <c>Task.WaitAsync</c>, <see cref="CancellationTokenSource"/>.
/// </summary>
/// <remarks>
/// <para>Thread-safe; the order is kept while one thread at a time advances. A timer that is due at once fires in the next
/// <see cref="Advance"/>, even by zero, never inside the call that made it. An exception of a callback comes out of <see cref="Advance"/>,
/// and the clock stays where it is.</para>
/// <para>It differs from <c>FakeTimeProvider</c> of the package Microsoft.Extensions.TimeProvider.Testing, which sets its clock to the end
/// of the advance before it fires any timer. There a callback sees a later time than its own, and a wait that a callback begins is measured
/// from that end, so a heartbeat happens once, however far the clock moves; a timer that is due at once fires inside the call that sets
/// it; and there is no <see cref="PendingTimers"/> to wait for.</para>
/// </remarks>
public sealed class FakeTime : TimeProvider, IBackgroundTimers
{
    private readonly object _lock = new();
    private readonly TimerQueue _timers;
    private readonly DateTimeOffset _start;
    private long _elapsed;      // ticks since the start

    /// <summary>A clock that stands at the beginning of the year 2000, UTC.</summary>
    public FakeTime() : this(new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    /// <summary>A clock that stands at <paramref name="start"/>.</summary>
    public FakeTime(DateTimeOffset start)
    {
        _start = start.ToUniversalTime();
        _timers = new TimerQueue(_lock, () => _elapsed);
    }

    /// <summary>The number of timers that are set. A test waits for it, to know that the code under test waits now.</summary>
    public int PendingTimers
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count;
            }
        }
    }

    /// <summary>10,000,000: a timestamp is the number of <see cref="TimeSpan.Ticks"/> since the clock's start.</summary>
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>UTC, so that a test gives the same result everywhere.</summary>
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _start.AddTicks(GetTimestamp());

    /// <inheritdoc/>
    public override long GetTimestamp() => Volatile.Read(ref _elapsed);

    /// <summary>Moves the clock forward and fires the timers that become due. A callback may call this too: it moves the clock
    /// further.</summary>
    /// <param name="by">Zero or more; zero fires the timers that are due now.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="by"/> is negative, or the time would be greater than a
    /// <see cref="DateTimeOffset"/> can be.</exception>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        RunUntil(GetUtcNow().Add(by));
    }

    /// <summary>Moves the clock forward to <paramref name="instant"/> and fires the timers that become due.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="instant"/> has passed already.</exception>
    public void AdvanceTo(DateTimeOffset instant)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(instant, GetUtcNow());
        RunUntil(instant);
    }

    /// <summary>Makes a timer of this clock.</summary>
    /// <param name="callback">Runs on the thread that advances the clock.</param>
    /// <param name="state">The argument of <paramref name="callback"/>.</param>
    /// <param name="dueTime">How far the clock has to move; <see cref="Timeout.InfiniteTimeSpan"/> leaves the timer unset.</param>
    /// <param name="period">How far for each further time; zero or <see cref="Timeout.InfiniteTimeSpan"/> to fire once.</param>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _timers.Create(callback, state, dueTime, period);

    ITimer IBackgroundTimers.CreateBackgroundTimer(TimerCallback callback, object? state) => _timers.CreateInBackground(callback, state);

    private void RunUntil(DateTimeOffset instant)
    {
        var target = (instant - _start).Ticks;
        while (TakeDue(target) is { } timer)
        {
            timer.Fire();
        }
    }

    /// <summary>The next timer that is due until <paramref name="target"/>, with the clock moved to its time; null when there is none, with
    /// the clock at the target.</summary>
    private QueuedTimer? TakeDue(long target)
    {
        lock (_lock)
        {
            if (!_timers.TryPeek(out var due) || due > target)
            {
                _elapsed = Math.Max(_elapsed, target);      // a callback may have moved it further
                return null;
            }
            _elapsed = Math.Max(_elapsed, due);
            return _timers.Take();
        }
    }
}
