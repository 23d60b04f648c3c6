using Zocalo.Buffers;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops;

/// <summary>
/// The loop of one connection, which may block it, and which it ends with. There are many such loops: it has no standby thread, but starts
/// one when another thread takes it over.
/// </summary>
internal sealed class PrivateLoop(LoopEngine engine, IPoller poller) : Loop(engine, poller, mostStandbys: 0)
{
    internal override bool CanBeTakenOver => true;

    private protected override bool EndsUnused => true;

    /// <summary>Called once, before any code of the connection runs.</summary>
    internal void SetConnection(LoopSocket connection) => OnlyConnection = connection;

    /// <returns>Null: the connection stays here.</returns>
    internal override LoopScheduler? OnTakenOver() => null;

    private protected override void OnStarting() => SegmentPool.KeepNothingHere();
}
