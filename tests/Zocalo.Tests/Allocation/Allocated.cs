namespace Zocalo.Tests.Allocation;

/// <summary>What code allocates on the calling thread.</summary>
internal static class Allocated
{
    private const int WarmUps = 3;      // code, statics, pools
    private const int Tries = 5;

    /// <summary>Bytes, the least of some tries: what is allocated each time shows in each of them. What the runtime does once, and now and
    /// then (it compiles, it makes room for statics on the thread that happens to need them), does not.</summary>
    internal static long Least(Action action)
    {
        for (var i = 0; i < WarmUps; i++)
        {
            action();
        }
        var least = long.MaxValue;
        for (var i = 0; i < Tries; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            action();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }
        return least;
    }
}
