namespace Zocalo.Testing;

/// <summary>Makes the collector find, now, what nobody holds any more. The collector is the whole process's: so is what this costs, and
/// what it finds.</summary>
internal static class Finalizers
{
    internal static void Run()
    {
        // Twice: what a finalizer held is found only when that one has run.
        for (var round = 0; round < 2; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
