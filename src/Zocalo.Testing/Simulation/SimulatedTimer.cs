namespace Zocalo.Testing.Simulation;

/// <summary>A timer of a simulation. Everything that can change does so under the scheduler's lock; the callback runs without it, on the
/// simulation's thread.</summary>
internal sealed class SimulatedTimer(Scheduler scheduler, TimerCallback callback, object? state) : ITimer
{
    private int _arming;        // the entry of the agenda that counts; 0: none
    private int _lastArming;
    private long _period;
    private bool _disposed;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        TimerTimes.Check(dueTime, nameof(dueTime));
        TimerTimes.Check(period, nameof(period));
        return scheduler.Arm(this, dueTime, period);
    }

    public void Dispose() => scheduler.Disarm(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    internal bool IsArmed(int arming) => _arming == arming;

    internal bool SetUnsynchronized(Agenda agenda, long now, TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
        {
            return false;
        }
        _arming = 0;
        _period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            AddUnsynchronized(agenda, now + dueTime.Ticks);
        }
        return true;
    }

    internal void DisposeUnsynchronized()
    {
        _arming = 0;
        _disposed = true;
    }

    /// <summary>It is due: it fires once, or goes on with its period.</summary>
    internal void TakenUnsynchronized(Agenda agenda, long due)
    {
        _arming = 0;
        if (_period > 0)
        {
            AddUnsynchronized(agenda, due + _period);
        }
    }

    internal void Fire() => callback(state);

    private void AddUnsynchronized(Agenda agenda, long due)
    {
        _arming = ++_lastArming;
        agenda.Add(this, _arming, due);
    }
}
