using Zocalo.Engines;

namespace Zocalo.Contract.Harness;

/// <summary>The real place of a connection's code, with a pause before and after each post, and before what was posted.</summary>
internal sealed class NoisyScheduler(EngineScheduler real, Noise noise) : EngineScheduler(real.MayYield)
{
    internal override TimeProvider Time => real.Time;

    internal override SynchronizationContext? Context => real.Context;

    internal override EngineScheduler ForBlockingCode => new NoisyScheduler(real.ForBlockingCode, noise);

    internal override bool TryYield(out Task others) => real.TryYield(out others);

    internal override void ObserveRescues(IRescueObserver observer) => real.ObserveRescues(observer);

    internal override void Post(IThreadPoolWorkItem work)
    {
        using var pauses = noise.Pause();
        real.Post(new Work(work, noise));
    }

    private sealed class Work(IThreadPoolWorkItem real, Noise noise) : IThreadPoolWorkItem
    {
        void IThreadPoolWorkItem.Execute()
        {
            noise.Pause();
            real.Execute();
        }
    }
}
