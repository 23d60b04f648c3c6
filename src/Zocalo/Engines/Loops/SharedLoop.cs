using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>A loop of many connections, which lives as long as its engine. A connection that blocks it is moved to the thread
/// pool.</summary>
internal sealed class SharedLoop(LoopEngine engine, IPoller poller) : Loop(engine, poller, MostStandbys)
{
    // Standby threads beyond this number end.
    private const int MostStandbys = 4;

    internal override bool CanBeTakenOver => Engine.Watchdog is not null;

    private protected override bool EndsUnused => false;

    private protected override void OnStarting()
    {
        if (Engine.Watchdog is not null)        // who else would ask
        {
            OwnerThread = ThreadTimesReader.CurrentThread ?? 0;
        }
    }

    internal override LoopScheduler? OnTakenOver()
    {
        Current?.MoveToPool();
        return Current;
    }
}
