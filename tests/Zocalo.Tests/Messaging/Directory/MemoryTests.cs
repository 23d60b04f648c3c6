using System.Globalization;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Messaging.Directory;

/// <summary>Weighs the whole heap, so nothing else may run beside it.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests(ITestOutputHelper output)
{
    private const int Many = 100_000;

    // Not twice what was measured: 265 bytes.
    private const int BytesPerKey = 500;

    [Fact]
    public async Task A_hundred_thousand_keys_cost_little_more_than_their_table()
    {
        var peers = Enumerable.Range(0, Many).Select(_ => SilentSocket.Connect()).ToArray();
        var directory = new PeerDirectory<long>();
        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var peer in peers)
        {
            directory.Bind(peer.Id, peer);
        }
        var perKey = (GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Many;
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{perKey:F0} bytes a key"));
        Assert.InRange(perKey, 1, BytesPerKey);
        Assert.Equal(Many, directory.Count);
        Assert.Equal(Many, directory.Keys.Distinct().Count());
        Assert.All(peers, peer => Assert.True(directory.TryGet(peer.Id, out var found) && found == peer));

        // And they all go.
        using var left = new CountdownEvent(Many);
        directory.Offline += (_, change) => left.Signal();
        foreach (var peer in peers)
        {
            peer.Abort();
        }
        Assert.True(await Task.Run(() => left.Wait(Login.Cap)));
        Assert.Empty(directory);
        Assert.Equal(0, directory.Count);
    }

    [Fact]
    public async Task A_thousand_logins_and_logouts_on_one_connection_cost_what_one_does()
    {
        var peer = SilentSocket.Connect();
        var directory = new PeerDirectory<long>();
        var offline = 0;
        directory.Offline += (_, _) => offline++;
        for (var i = 0; i < 1000; i++)
        {
            directory.Bind(i, peer);
            Assert.True(directory.Unbind(i, peer));
        }
        directory.Bind(1000, peer);
        Assert.Equal(1000, offline);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < 100_000; i++)
        {
            directory.Unbind(1000, peer);
            directory.Bind(1000, peer);
        }
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 1_000_000);
        peer.Abort();
        await peer.Closed.WaitAsync(Login.Cap);
    }
}
