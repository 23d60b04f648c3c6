namespace Zocalo.Testing.Simulation;

/// <summary>
/// Where a network in memory runs everything that it owes to others, the turns of its sockets and code of the user's, and whose time it goes by. The one thing that decides
/// <i>when</i>: the network itself is the same on the thread pool and on a simulation's one thread.
/// </summary>
internal abstract class Place
{
    /// <summary>The thread pool, in the system's time.</summary>
    internal static Place Pool { get; } = new PoolPlace();

    /// <summary>The clock of this place.</summary>
    internal abstract TimeProvider Time { get; }

    /// <summary>A clock of a host's own in this place's time.</summary>
    internal abstract TimeProvider NewClock();

    /// <summary>What brings an await back to this place; null where any thread will do.</summary>
    internal abstract SynchronizationContext? Context { get; }

    /// <summary>Runs <paramref name="work"/> soon, never inside this call; callers may hold a lock.</summary>
    internal abstract void Run(IThreadPoolWorkItem work);

    /// <summary>Lets others that are ready go first, or those of a time.</summary>
    /// <returns>False where that is not in this place's hand; otherwise <paramref name="others"/> completes behind them.</returns>
    internal virtual bool TryYield(TimeSpan time, out Task others)
    {
        others = Task.CompletedTask;
        return false;
    }

    private sealed class PoolPlace : Place
    {
        internal override TimeProvider Time => TimeProvider.System;

        internal override SynchronizationContext? Context => null;

        internal override TimeProvider NewClock() => TimeProvider.System;

        internal override void Run(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }
}
