namespace Zocalo.Testing.Simulation;

/// <summary>Brings what is awaited in a simulation back to its thread.</summary>
internal sealed class SimulationContext(Scheduler scheduler) : SynchronizationContext
{
    internal Scheduler Scheduler => scheduler;

    public override void Post(SendOrPostCallback d, object? state) => scheduler.Post(d, state);

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!scheduler.IsHere)
        {
            throw new NotSupportedException("A simulation runs nothing while another thread waits for it: await instead.");
        }
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;
}
