using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Connections;
using Zocalo.Engines;
using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>Two connected connections in memory, for tests of code that speaks a protocol: no address, no descriptor, no
/// simulation.</summary>
public static class ConnectionPair
{
    private static readonly Address s_server = "tcp://127.0.0.1:5346";

    /// <summary>
    /// Makes a pair: each receives what the other sends, by TCP's rules. Code after their awaits runs on the thread pool, or in the
    /// simulation in which they are made. The caller closes both at the same time: a close waits for the other's FIN, at most
    /// <see cref="ConnectionOptions.CloseTimeout"/>.
    /// </summary>
    /// <param name="options">The limits of both; null for the defaults.</param>
    /// <param name="time">The clock of both, such as a <see cref="FakeTime"/>; the system's, or the simulation's, unless given.</param>
    /// <param name="window">The most bytes, in each direction, that are sent and not yet received, at least 1; further bytes wait at the
    /// sender, which has space for 64 KiB.</param>
    public static (Connection Client, Connection Server) Create(
        ConnectionOptions? options = null, TimeProvider? time = null, int window = 64 * 1024)
    {
        var chosen = options ?? ConnectionOptions.Default;
        var scheduler = SynchronizationContext.Current as SimulationScheduler ?? (EngineScheduler)PoolScheduler.Shared;
        var world = new World(scheduler, seed: 0, traces: false) { Window = window };
        var host = world.Host("here");
        var link = world.Link(host, host);
        var ofSocket = chosen.SocketSettings;
        var pair = new SimulatedConnection(
            world, 1, (host, "tcp://127.0.0.1:32768", ofSocket), (host, s_server, ofSocket), link, link, world.RandomFor(1));
        world.Add(pair);
        var settings = new ConnectionSettings(chosen, NullLogger.Instance, time ?? scheduler.Time);
        return (new Connection(pair.ClientSocket, settings), new Connection(pair.ServerSocket, settings));
    }
}
