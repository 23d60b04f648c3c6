namespace Zocalo.Testing;

/// <summary>Runs the garbage collector and the finalizers of objects that are no longer used. It concerns the whole process: its cost, and
/// what it finds.</summary>
internal static class Finalizers
{
    internal static void Run()
    {
        // Twice: objects that a finalizable object holds are found only after its finalizer has run.
        for (var round = 0; round < 2; round++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }
    }
}
