using System.Collections.Concurrent;
using System.Globalization;
using Zocalo.Contract.Harness;
using Zocalo.Testing;
using Zocalo.Tests.Allocation;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Messaging;

/// <summary>
/// Memory on the peer's word: WatsonTcp and CVE-2026-45416 took a buffer of the length that a peer claimed. Here many peers claim the greatest length that is allowed, and send nothing else.
/// Weighs the whole heap, so nothing else may run beside it.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ClaimedLengthTests(ITestOutputHelper output)
{
    private const int Peers = 10_000;

    // One segment, and some 400 bytes that the network in memory keeps for bytes under way. Over real sockets tests/interop/claims.py weighs it, against 4 KiB.
    private const int MostPerPeer = 5000;

    [Fact]
    public async Task Ten_thousand_peers_that_claim_the_limit_and_send_nothing_cost_one_small_buffer_each()
    {
        var engine = SimulatedHost.OnThreadPool();
        var served = new ConcurrentBag<FramedConnection<Frame, Frame>>();
        var heard = 0;
        await using var server = new Served(await SocketServer.StartAsync(
            "tcp://127.0.0.1:0",
            Frames.LengthPrefixed(),
            async (peer, ct) =>
            {
                served.Add(peer);
                await foreach (var _ in peer.ReadAllAsync(ct))
                {
                    Interlocked.Increment(ref heard);
                }
            },
            new ServerOptions { Engine = engine }).InTime("the server's start"));
        var clients = new List<Connection>();
        for (var i = 0; i < Peers; i++)
        {
            clients.Add(await Connector.ConnectAsync(server.LocalAddress, new ConnectOptions { Engine = engine }).InTime());
            await clients[i].SendAsync(new byte[4]).InTime();        // an empty message: what a first message costs is not what is weighed
            await UntilAsync(() => Volatile.Read(ref heard) == i + 1);      // one at a time, so that no memory is left over from them
        }

        byte[] claim = [0, 0x10, 0, 0];
        var idle = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var client in clients)
        {
            await client.SendAsync(claim).InTime();
        }
        await UntilAsync(() => served.Sum(Received) == 8 * Peers);
        var perPeer = (GC.GetTotalMemory(forceFullCollection: true) - idle) / (double)Peers;

        foreach (var client in clients)
        {
            client.Abort();
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{perPeer:F0} bytes a peer"));
        Assert.InRange(perPeer, 0, MostPerPeer);
    }

    private static long Received(FramedConnection<Frame, Frame> peer) => peer.Connection.Core.Read.BytesReceived;

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var cap = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition())
        {
            await Task.Yield();
            cap.Token.ThrowIfCancellationRequested();
        }
    }
}
