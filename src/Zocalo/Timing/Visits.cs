namespace Zocalo.Timing;

/// <summary>What a <see cref="Wheel"/> visits.</summary>
internal interface IVisited
{
    /// <summary>The wheel's own. A field of the object: one object less for each connection.</summary>
    ref VisitNode Node { get; }

    /// <summary>A visit. No lock is held.</summary>
    /// <param name="ticks">How many ticks have certainly passed since the last visit, or since it was added, but for one.</param>
    /// <returns>After how many ticks the next visit is to come, at most <see cref="Wheel.LongestPeriod"/>.</returns>
    int Visit(int ticks);
}

internal enum VisitState : byte
{
    Out,            // not yet in the wheel, or not any more
    Waiting,        // in its slot
    Visited,        // still there, and a visit is in progress
}

/// <summary>A place in a slot of a wheel. Under the wheel's lock.</summary>
internal struct VisitNode
{
    internal IVisited? Next;
    internal IVisited? Previous;

    internal VisitState State;

    internal byte Slot;

    /// <summary>The ticks from the last visit to the next; during a visit, when the next one has to come at the latest, if not 0.</summary>
    internal byte Ticks;

    /// <summary>In a simulation time does not pass for this one alone.</summary>
    internal bool IsBackground;
}

/// <summary>A list that runs through its members.</summary>
internal struct VisitList
{
    internal IVisited? First { get; private set; }

    internal void Add(IVisited visited)
    {
        (visited.Node.Next, visited.Node.Previous) = (First, null);
        if (First is not null)
        {
            First.Node.Previous = visited;
        }
        First = visited;
    }

    internal void Remove(IVisited visited)
    {
        ref var node = ref visited.Node;
        if (node.Previous is { } previous)
        {
            previous.Node.Next = node.Next;
        }
        else
        {
            First = node.Next;
        }
        if (node.Next is { } next)
        {
            next.Node.Previous = node.Previous;
        }
        (node.Next, node.Previous) = (null, null);
    }
}

/// <summary>A clock of tests, whose time passes because something waits for it. A background timer fires when its time has come, and makes
/// no time pass: a test that waits for ever is still found.</summary>
internal interface IBackgroundTimers
{
    /// <summary>A timer that is not set.</summary>
    ITimer CreateBackgroundTimer(TimerCallback callback, object? state);
}
