// Ten thousand peers claim a message of the greatest length that is allowed, and send nothing of it. Prints how many bytes of the heap
// each has cost. A process of its own, because the whole heap is weighed, and a test run's grows and shrinks by itself.
using System.Collections.Concurrent;
using System.Globalization;
using Zocalo;
using Zocalo.Testing;

const int peers = 10_000;

var engine = SimulatedHost.OnThreadPool();
var served = new ConcurrentBag<FramedConnection<Frame, Frame>>();
var heard = 0;
await using var server = await SocketServer.StartAsync(
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
    new ServerOptions { Engine = engine });
var clients = new List<Connection>();
for (var i = 0; i < peers; i++)
{
    clients.Add(await Connector.ConnectAsync(server.LocalAddress, new ConnectOptions { Engine = engine }));
    await clients[i].SendAsync(new byte[4]);                // an empty message: what a first message costs is not what is weighed
    await UntilAsync(() => Volatile.Read(ref heard) == i + 1);      // one at a time, so that no memory is left over from them
}

byte[] claim = [0, 0x10, 0, 0];
var idle = GC.GetTotalMemory(forceFullCollection: true);
foreach (var client in clients)
{
    await client.SendAsync(claim);
}
await UntilAsync(() => served.Sum(peer => peer.Connection.Core.Read.BytesReceived) == 8 * peers);
var perPeer = (GC.GetTotalMemory(forceFullCollection: true) - idle) / (double)peers;
foreach (var client in clients)
{
    client.Abort();
}
Console.WriteLine(perPeer.ToString("F0", CultureInfo.InvariantCulture));

static async Task UntilAsync(Func<bool> condition)
{
    while (!condition())
    {
        await Task.Yield();
    }
}
