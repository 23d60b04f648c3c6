namespace Zocalo.Testing.Simulation;

/// <summary>What can run now. The seed chooses among the first ones; those that are passed over keep their order. Not
/// thread-safe.</summary>
internal sealed class ReadyList(SeededRandom order)
{
    // Of so many that are ready, any may be next: enough to meet another order, and no one waits for long.
    private const int Choice = 8;

    private WorkItem[] _ring = new WorkItem[64];        // its length is a power of two
    private int _first;

    internal int Count { get; private set; }

    internal void Add(WorkItem work)
    {
        if (Count == _ring.Length)
        {
            Grow();
        }
        this[Count++] = work;
    }

    internal WorkItem Take()
    {
        var chosen = order.Next(Math.Min(Count, Choice));
        var work = this[chosen];
        for (var i = chosen; i > 0; i--)
        {
            this[i] = this[i - 1];
        }
        this[0] = default;
        _first++;
        Count--;
        return work;
    }

    private ref WorkItem this[int at] => ref _ring[(_first + at) & (_ring.Length - 1)];

    private void Grow()
    {
        var larger = new WorkItem[_ring.Length * 2];
        for (var i = 0; i < Count; i++)
        {
            larger[i] = this[i];
        }
        (_ring, _first) = (larger, 0);
    }
}
