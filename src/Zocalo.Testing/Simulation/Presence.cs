namespace Zocalo.Testing.Simulation;

/// <summary>
/// Knows which code belongs to which simulation: a mark in the execution context, which flows with everything that the code starts, and
/// which tells when it comes to a thread and when it leaves one.
/// </summary>
/// <remarks>
/// An async method that returns at its first await gives its caller the old execution context back (AsyncMethodBuilder does, so that what
/// an async method sets does not leak out of it): that is how a simulation learns that its maker has left the thread. A thread that meets
/// the mark and is not the simulation's runs code that has escaped.
/// </remarks>
internal static class Presence
{
    private static readonly AsyncLocal<SimulationScheduler?> s_here = new(OnChanged);

    internal static void Enter(SimulationScheduler scheduler) => s_here.Value = scheduler;

    private static void OnChanged(AsyncLocalValueChangedArgs<SimulationScheduler?> change)
    {
        if (change.ThreadContextChanged)
        {
            change.PreviousValue?.OnMarkLeft();
            change.CurrentValue?.OnMarkCame();
        }
    }
}
