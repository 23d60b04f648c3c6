using Zocalo.Engines;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>The world's place for one end of a connection, which draws by chance of its own what lets others go first.</summary>
/// <remarks>Its work is not a turn of the socket: a handler may block its thread, in a synchronous read of its own connection for
/// example.</remarks>
internal sealed class YieldingScheduler(World world, SeededRandom yields) : EngineScheduler(mayYield: world.Place is Scheduler)
{
    internal override TimeProvider Time => world.Place.Time;

    internal override SynchronizationContext? Context => world.Place.Context;

    internal override EngineScheduler ForBlockingCode => this;

    internal override void Post(IThreadPoolWorkItem work) => world.Place.Post(work);

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
