namespace Zocalo.Engines.Loops;

/// <summary>One timer of a loop. Changed from any thread; what it calls runs as a callback of the loop.</summary>
internal sealed class LoopTimer(Loop loop, TimerCallback callback, object? state) : ITimer, ILoopWork, IThreadPoolWorkItem
{
    private readonly Lock _lock = new();
    private long? _wanted;      // a timestamp; null: never
    private long _period;       // timestamp units; 0: once
    private volatile bool _disposed;

    /// <summary>When it fires. Belongs to <see cref="LoopTimers"/>.</summary>
    internal long Due { get; set; }

    /// <summary>Its index in the heap; -1: not there. Belongs to <see cref="LoopTimers"/>.</summary>
    internal int Index { get; set; } = -1;

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        if (_disposed)
        {
            return false;
        }
        lock (_lock)
        {
            _wanted = dueTime == Timeout.InfiniteTimeSpan ? null : TimeProvider.System.GetTimestamp() + ToUnits(dueTime);
            _period = period == Timeout.InfiniteTimeSpan ? 0 : ToUnits(period);
        }
        if (loop.TryEnter() is { } ownership)
        {
            Set();
            ownership.Leave();
        }
        else
        {
            loop.Post(new WorkItem(this));
        }
        return true;
    }

    public void Dispose()
    {
        Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _disposed = true;
    }

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    void ILoopWork.RunOnLoop() => Set();

    void IThreadPoolWorkItem.Execute()
    {
        if (!_disposed)
        {
            callback(state);
        }
    }

    /// <summary>The timer fires.</summary>
    /// <returns>When it fires again; null: never.</returns>
    internal long? NextAfter(long now)
    {
        lock (_lock)
        {
            return _wanted = _period > 0 && _wanted is not null ? now + _period : null;
        }
    }

    private static long ToUnits(TimeSpan time) => (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency);

    private void Set()
    {
        loop.AssertOwner();
        long? wanted;
        lock (_lock)
        {
            wanted = _wanted;
        }
        if (wanted is { } due)
        {
            loop.Timers.Set(this, due);
        }
        else
        {
            loop.Timers.Remove(this);
        }
    }
}
