namespace Zocalo.Timing;

/// <summary>
/// A timer of the system's clock with a thread of its own, which waits when the timer is not set. Each tick of a timer of the runtime's
/// wakes its timer thread and then a thread of the pool, which looks for further work before it sleeps again: with twelve ticks a second
/// that took most of a percent of a processor here, ten times as much as this thread.
/// </summary>
/// <remarks>The callback must not run user code, and is never called inside <see cref="Change"/>. Thread-safe.</remarks>
internal sealed class OwnTimer(TimerCallback callback, object? state) : ITimer
{
    private readonly object _lock = new();
    private long? _due;         // a timestamp
    private long? _waitsFor;    // the timestamp at which the thread wakes by itself
    private bool _hasThread;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        lock (_lock)
        {
            _due = dueTime == Timeout.InfiniteTimeSpan
                ? null
                : TimeProvider.System.GetTimestamp() + (long)(dueTime.TotalSeconds * TimeProvider.System.TimestampFrequency);
            if (_due is not null && !_hasThread)
            {
                new Thread(Run) { IsBackground = true, Name = "zocalo clock" }.UnsafeStart();
                _hasThread = true;
            }
            else if (_due < (_waitsFor ?? long.MaxValue))
            {
                Monitor.Pulse(_lock);
            }
        }
        return true;
    }

    public void Dispose() => Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    private void Run()
    {
        while (true)
        {
            lock (_lock)
            {
                while (MillisecondsLeft() is not 0 and var left)
                {
                    _waitsFor = _due;
                    Monitor.Wait(_lock, left);
                }
                _due = null;
            }
            callback(state);
        }
    }

    /// <returns>Rounded up, so that nothing is early; -1 when the timer is not set.</returns>
    private int MillisecondsLeft()
    {
        if (_due is not { } due)
        {
            return Timeout.Infinite;
        }
        var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), due).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }
}
