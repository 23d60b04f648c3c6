using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>One host in memory on the thread pool, where listeners come and go while others connect.</summary>
public sealed class CrowdedHostTests
{
    private const int Listeners = 50;
    private const int Connects = 3_000;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_connect_finds_its_listener_while_others_come_and_go()
    {
        var host = SimulatedHost.OnThreadPool();
        var others = new Queue<Listener>();
        for (var i = 0; i < Listeners; i++)
        {
            others.Enqueue(await Listener.ListenAsync("tcp://127.0.0.1:0", new() { Engine = host }));
        }
        await using var listener = await Listener.ListenAsync("tcp://127.0.0.1:5346", new() { Engine = host });
        var isOver = false;
        var comingAndGoing = Task.Run(async () =>
        {
            while (!Volatile.Read(ref isOver))
            {
                await others.Dequeue().DisposeAsync();      // those behind it move up, the one that is looked for too
                others.Enqueue(await Listener.ListenAsync("tcp://127.0.0.1:0", new() { Engine = host }));
            }
        });
        for (var i = 0; i < Connects; i++)
        {
            var accepting = listener.AcceptAsync();
            var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = host }).WaitAsync(Cap);
            var server = await accepting.WaitAsync(Cap);
            client.Abort();
            server.Abort();
        }
        Volatile.Write(ref isOver, true);
        await comingAndGoing.WaitAsync(Cap);
        foreach (var other in others)
        {
            await other.DisposeAsync();
        }
    }
}
