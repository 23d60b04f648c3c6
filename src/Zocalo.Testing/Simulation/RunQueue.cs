namespace Zocalo.Testing.Simulation;

/// <summary>The work that can run now. The seed chooses among the first items; those that are passed over keep their order. Not
/// thread-safe.</summary>
internal sealed class RunQueue(SeededRandom order)
{
    // Any of this many items may be next: enough to try other orders, and no item waits for long.
    private const int Choice = 8;

    private readonly List<WorkItem> _first = new(Choice);
    private readonly Queue<WorkItem> _behind = new();       // empty unless the choice is full

    internal int Count => _first.Count + _behind.Count;

    internal void Add(WorkItem work)
    {
        if (_first.Count < Choice)
        {
            _first.Add(work);
        }
        else
        {
            _behind.Enqueue(work);
        }
    }

    internal WorkItem Take()
    {
        var chosen = order.Next(_first.Count);
        var work = _first[chosen];
        _first.RemoveAt(chosen);
        if (_behind.TryDequeue(out var next))
        {
            _first.Add(next);
        }
        return work;
    }
}
