using Zocalo.Engines;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>The world's scheduler for one end of a connection: it draws, from a stream of its own, which operations let others go
/// first.</summary>
/// <remarks>What it posts is not a callback of the socket: a handler may block its thread, for example in a synchronous read of its own
/// connection.</remarks>
internal sealed class YieldingScheduler(World world, SeededRandom yields)
    : EngineScheduler(mayYield: world.Scheduler is SimulationScheduler)
{
    internal override TimeProvider Time => world.Scheduler.Time;

    internal override SynchronizationContext? Context => world.Scheduler.Context;

    internal override EngineScheduler ForBlockingCode => this;

    internal override void Post(IThreadPoolWorkItem work) => world.Scheduler.Post(work);

    internal override bool TryYield(out Task others) => world.TryYield(yields, out others);
}

/// <summary>Whose operations let others go first: each draws by itself.</summary>
internal enum YieldsOf
{
    Client,
    Server,
    Connect,
    Accept,
}
