namespace Zocalo.Testing.InMemory;

/// <summary>
/// Where the engine runs everything that it owes to others: the turns of its channels, and code of the user's. The one thing of this engine that decides
/// <i>when</i>: another scheduler, with virtual time or a seeded order, is another place.
/// </summary>
internal abstract class Place
{
    /// <summary>The thread pool, one item at a time.</summary>
    internal static Place Pool { get; } = new PoolPlace();

    /// <summary>Runs <paramref name="work"/> soon, never inside this call; callers may hold a lock.</summary>
    internal abstract void Run(IThreadPoolWorkItem work);

    private sealed class PoolPlace : Place
    {
        internal override void Run(IThreadPoolWorkItem work) => ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
    }
}
