namespace Zocalo.Testing.Simulation;

/// <summary>What is to happen when, in order of time, and among the same time in the order in which it was set. Not thread-safe.</summary>
internal sealed class Agenda
{
    private readonly PriorityQueue<(SimulatedTimer Timer, int Arming), (long Due, long Order)> _entries = new();
    private long _order;

    internal void Add(SimulatedTimer timer, int arming, long due) => _entries.Enqueue((timer, arming), (due, ++_order));

    /// <summary>The next timer that still stands.</summary>
    internal bool TryPeek(out long due)
    {
        while (_entries.TryPeek(out var entry, out var when))
        {
            if (entry.Timer.IsArmed(entry.Arming))
            {
                due = when.Due;
                return true;
            }
            _entries.Dequeue();     // stopped or set anew since
        }
        due = 0;
        return false;
    }

    /// <summary>Takes what <see cref="TryPeek"/> has seen.</summary>
    internal SimulatedTimer Take() => _entries.Dequeue().Timer;
}
