namespace Zocalo.Engines.Loops;

/// <summary>The timers of a loop, the next one first: a binary heap in which each timer knows its index, so that the many which are
/// cancelled leave nothing behind. Belongs to the loop's owner.</summary>
internal sealed class LoopTimers
{
    private LoopTimer[] _heap = [];

    internal int Count { get; private set; }

    /// <returns>-1 when there is none; otherwise rounded up, so that nothing fires early.</returns>
    internal int MillisecondsToNext()
    {
        if (Count == 0)
        {
            return -1;
        }
        var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), _heap[0].Due).TotalMilliseconds;
        return (int)Math.Clamp(Math.Ceiling(left), 0, int.MaxValue);
    }

    /// <summary>Puts what is due on the run queue, one callback of user code each.</summary>
    internal void MoveDueTo(RunQueue queue)
    {
        if (Count == 0)
        {
            return;
        }
        var now = TimeProvider.System.GetTimestamp();
        while (Count > 0 && _heap[0].Due <= now)
        {
            var timer = _heap[0];
            Remove(timer);
            if (timer.NextAfter(now) is { } next)
            {
                Set(timer, next);
            }
            queue.Enqueue(new WorkItem(timer, scheduler: null));
        }
    }

    /// <param name="timer">One of these timers, or a new one.</param>
    /// <param name="due">A timestamp of the system's.</param>
    internal void Set(LoopTimer timer, long due)
    {
        Remove(timer);
        timer.Due = due;
        if (Count == _heap.Length)
        {
            Array.Resize(ref _heap, Math.Max(4, Count * 2));
        }
        Rise(timer, Count++);
    }

    internal void Remove(LoopTimer timer)
    {
        var hole = timer.Index;
        if (hole < 0)
        {
            return;
        }
        timer.Index = -1;
        var last = _heap[--Count];
        _heap[Count] = null!;
        if (last != timer)
        {
            Sink(last, hole);
            Rise(last, last.Index);
        }
    }

    private void Rise(LoopTimer timer, int index)
    {
        while (index > 0 && _heap[(index - 1) / 2] is var parent && parent.Due > timer.Due)
        {
            Put(parent, index);
            index = (index - 1) / 2;
        }
        Put(timer, index);
    }

    private void Sink(LoopTimer timer, int index)
    {
        while ((index * 2) + 1 is var child && child < Count)
        {
            if (child + 1 < Count && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }
            if (_heap[child].Due >= timer.Due)
            {
                break;
            }
            Put(_heap[child], index);
            index = child;
        }
        Put(timer, index);
    }

    private void Put(LoopTimer timer, int index)
    {
        _heap[index] = timer;
        timer.Index = index;
    }
}
