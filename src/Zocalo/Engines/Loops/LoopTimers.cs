namespace Zocalo.Engines.Loops;

/// <summary>The timers of a loop, the next one first: a binary heap in which each timer knows its place, so that the many which are
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

    /// <summary>Puts what is due on the ready list, one turn of user code each.</summary>
    internal void MoveDueTo(ReadyList ready)
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
            ready.Add(new WorkItem(timer, place: null));
        }
    }

    /// <param name="timer">Here or not yet.</param>
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
        var hole = timer.Place;
        if (hole < 0)
        {
            return;
        }
        timer.Place = -1;
        var last = _heap[--Count];
        _heap[Count] = null!;
        if (last != timer)
        {
            Sink(last, hole);
            Rise(last, last.Place);
        }
    }

    private void Rise(LoopTimer timer, int place)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var parent && parent.Due > timer.Due)
        {
            Put(parent, place);
            place = (place - 1) / 2;
        }
        Put(timer, place);
    }

    private void Sink(LoopTimer timer, int place)
    {
        while ((place * 2) + 1 is var child && child < Count)
        {
            if (child + 1 < Count && _heap[child + 1].Due < _heap[child].Due)
            {
                child++;
            }
            if (_heap[child].Due >= timer.Due)
            {
                break;
            }
            Put(_heap[child], place);
            place = child;
        }
        Put(timer, place);
    }

    private void Put(LoopTimer timer, int place)
    {
        _heap[place] = timer;
        timer.Place = place;
    }
}
