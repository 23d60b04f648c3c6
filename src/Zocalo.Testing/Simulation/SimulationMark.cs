namespace Zocalo.Testing.Simulation;

/// <summary>
/// Marks the code of a simulation: the mark is in the execution context, which flows to everything that the code starts, and which reports
/// when it comes to a thread and when it leaves one.
/// </summary>
/// <remarks>
/// When an async method returns at its first await, its caller gets its own execution context back (AsyncMethodBuilder restores it, so that
/// the changes of an async method stay inside it). This is how a simulation notices that the method which made it has left the thread. Any
/// other thread that gets the mark runs code that has escaped.
/// </remarks>
internal static class SimulationMark
{
    private static readonly AsyncLocal<SimulationScheduler?> s_here = new(OnChanged);

    internal static void Set(SimulationScheduler scheduler) => s_here.Value = scheduler;

    private static void OnChanged(AsyncLocalValueChangedArgs<SimulationScheduler?> change)
    {
        if (change.ThreadContextChanged)
        {
            change.PreviousValue?.OnMarkLeft();
            change.CurrentValue?.OnMarkCame();
        }
    }
}
