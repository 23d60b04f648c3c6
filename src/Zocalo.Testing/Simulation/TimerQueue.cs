namespace Zocalo.Testing.Simulation;

/// <summary>The timers of a clock that does not run by itself, ordered by due time; timers of the same time in the order in which they were
/// set.</summary>
/// <param name="gate">The clock's lock. It guards the queue and everything in its timers; no callback runs under it.</param>
/// <param name="now">The clock's time, in ticks.</param>
/// <param name="onSet">Called, under the lock, when a program sets a timer.</param>
internal sealed class TimerQueue(object gate, Func<long> now, Action? onSet = null)
{
    // A timer that was stopped or set anew leaves its old entry here; it is dropped when its time comes.
    private readonly PriorityQueue<QueuedTimer, (long Due, long Entry)> _entries = new();
    private long _lastEntry;

    /// <summary>The timers that are set, without those in the background.</summary>
    internal int Count { get; private set; }

    /// <summary>Makes a timer of the clock: <see cref="TimeProvider.CreateTimer"/>.</summary>
    internal QueuedTimer Create(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new QueuedTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Makes one that fires when its time comes, and for which no time passes.</summary>
    internal QueuedTimer CreateInBackground(TimerCallback callback, object? state) => new(this, callback, state) { IsBackground = true };

    /// <returns>False when the timer is disposed.</returns>
    internal bool Set(QueuedTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        lock (gate)
        {
            onSet?.Invoke();
            return SetUnsynchronized(timer, dueTime, period);
        }
    }

    internal void Dispose(QueuedTimer timer)
    {
        lock (gate)
        {
            Stop(timer);
            timer.IsDisposed = true;
        }
    }

    internal bool SetUnsynchronized(QueuedTimer timer, TimeSpan dueTime, TimeSpan period)
    {
        if (timer.IsDisposed)
        {
            return false;
        }
        Stop(timer);
        timer.Period = period == Timeout.InfiniteTimeSpan ? 0 : period.Ticks;
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            Add(timer, now() + dueTime.Ticks);
        }
        return true;
    }

    /// <summary>When the next timer is due, if one is set. Under the lock.</summary>
    internal bool TryPeek(out long due)
    {
        while (_entries.TryPeek(out var timer, out var entry))
        {
            if (timer.Entry == entry.Entry)
            {
                due = entry.Due;
                return true;
            }
            _entries.Dequeue();
        }
        due = 0;
        return false;
    }

    /// <summary>Takes the timer that <see cref="TryPeek"/> has seen, to fire it without the lock; with a period, it is set again.</summary>
    internal QueuedTimer Take()
    {
        _entries.TryDequeue(out var timer, out var entry);
        Stop(timer!);
        if (timer!.Period > 0)
        {
            Add(timer, entry.Due + timer.Period);
        }
        return timer;
    }

    private void Add(QueuedTimer timer, long due)
    {
        timer.Entry = ++_lastEntry;
        Count += timer.IsBackground ? 0 : 1;
        _entries.Enqueue(timer, (due, timer.Entry));
    }

    private void Stop(QueuedTimer timer)
    {
        if (timer.Entry != 0)
        {
            timer.Entry = 0;
            Count -= timer.IsBackground ? 0 : 1;
        }
    }
}

/// <summary>One timer of a <see cref="TimerQueue"/>, which owns its state.</summary>
internal sealed class QueuedTimer(TimerQueue queue, TimerCallback callback, object? state) : ITimer
{
    // The limit of the system's timers: code that exceeds it must not pass its tests here.
    private static readonly TimeSpan Longest = TimeSpan.FromMilliseconds(uint.MaxValue - 1);

    /// <summary>The number of its entry in the queue; 0 while it is not set.</summary>
    internal long Entry { get; set; }

    /// <summary>Ticks between two firings; 0 for a single one.</summary>
    internal long Period { get; set; }

    internal bool IsDisposed { get; set; }

    internal bool IsBackground { get; init; }

    public bool Change(TimeSpan dueTime, TimeSpan period)
    {
        Check(dueTime, nameof(dueTime));
        Check(period, nameof(period));
        return queue.Set(this, dueTime, period);
    }

    public void Dispose() => queue.Dispose(this);

    public ValueTask DisposeAsync()
    {
        Dispose();
        return default;
    }

    internal void Fire() => callback(state);

    private static void Check(TimeSpan time, string name)
    {
        if (time != Timeout.InfiniteTimeSpan && (time < TimeSpan.Zero || time > Longest))
        {
            throw new ArgumentOutOfRangeException(
                name, time, $"{name} is {time}; it must be Timeout.InfiniteTimeSpan, or between zero and {Longest}.");
        }
    }
}
