using Zocalo.Engines;
using Zocalo.Testing;
using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Two ends of a stream within one machine, without an engine above them, on the thread pool.</summary>
internal static class JoinedSockets
{
    internal static (MemorySocket Client, MemorySocket Server) Make(int window) => Make(window, out _);

    internal static (MemorySocket Client, MemorySocket Server) Make(int window, out World world)
    {
        world = new World(PoolScheduler.Shared, seed: 0, traces: false) { Window = window };
        var host = world.Host("here");
        var link = world.Link(host, host);
        var timeouts = ConnectionOptions.Default.SocketSettings;
        var made = new SimulatedConnection(
            world, 1, (host, "tcp://127.0.0.1:2", timeouts), (host, "tcp://127.0.0.1:1", timeouts), link, link, world.RandomFor(1));
        world.Add(made);
        return (made.ClientSocket, made.ServerSocket);
    }
}
