namespace Zocalo.Engines.Loops;

/// <summary>Work that is ready to run, first in, first out: a ring that grows. Belongs to the loop's owner.</summary>
internal sealed class RunQueue
{
    private const int FirstRoom = 4;        // a private loop never needs more

    private WorkItem[] _ring = new WorkItem[FirstRoom];
    private int _first;

    internal int Count { get; private set; }

    internal void Enqueue(in WorkItem item)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }
        _ring[(_first + Count++) & (_ring.Length - 1)] = item;
    }

    internal bool TryDequeue(out WorkItem item)
    {
        if (Count == 0)
        {
            item = default;
            return false;
        }
        ref var first = ref _ring[_first];
        item = first;
        first = default;
        _first = (_first + 1) & (_ring.Length - 1);
        Count--;
        return true;
    }

    private void Grow()
    {
        var larger = new WorkItem[_ring.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = _ring[(_first + i) & (_ring.Length - 1)];
        }
        (_ring, _first) = (larger, 0);
    }
}
