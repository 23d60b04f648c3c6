using System.Collections.Concurrent;
using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Testing;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>Connections are spread over the loops by their work, and where there is none by how many each has.</summary>
public sealed class SpreadTests : IDisposable
{
    private readonly List<Socket> _clients = [];
    private readonly ConcurrentDictionary<string, Loop> _byPeer = new();
    private readonly FakeTime _time = new();

    public static TheoryData<string> Shared => LoopEngines.Shared;

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task Of_64_connections_no_loop_of_two_serves_less_than_40_percent(string name)
    {
        var loops = new ConcurrentDictionary<Loop, int>();
        await using var served = await ServeAsync(name, 2, loops);
        for (var i = 0; i < 64; i++)
        {
            _clients.Add(LoopEngines.Connect(served.LocalAddress));
        }
        await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
        Assert.Equal(64, loops.Values.Sum());
        Assert.Equal(2, loops.Count);
        Assert.All(loops.Values, count => Assert.InRange(count, 26, 38));
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_loop_that_lost_its_connections_gets_the_next_ones(string name)
    {
        var loops = new ConcurrentDictionary<Loop, int>();
        await using var served = await ServeAsync(name, 2, loops);
        for (var i = 0; i < 20; i++)
        {
            var client = LoopEngines.Connect(served.LocalAddress);
            _clients.Add(client);
            await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        }
        // Everybody of one loop leaves.
        var left = loops.Keys.First();
        var leaving = _clients.Where(client => LoopOf(client) == left).ToList();
        leaving.ForEach(client => client.Dispose());
        _clients.RemoveAll(leaving.Contains);
        Assert.True(SpinWait.SpinUntil(() => served.Server.ConnectionCount == _clients.Count, LoopEngines.Cap));
        loops.Clear();
        _time.Advance(TimeSpan.FromSeconds(1));     // what was done until now
        _time.Advance(TimeSpan.FromSeconds(1));     // a second in which nothing is done
        for (var i = 0; i < leaving.Count - 2; i++)
        {
            var client = LoopEngines.Connect(served.LocalAddress);
            _clients.Add(client);
            await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        }
        Assert.True(loops[left] >= leaving.Count - 4, $"{loops[left]} of {leaving.Count - 2} went to the empty loop");
    }

    private Loop LoopOf(Socket client) =>
        _byPeer[$"tcp://{client.LocalEndPoint}".Replace("[::ffff:127.0.0.1]", "127.0.0.1", StringComparison.Ordinal)];

    private Task<Served> ServeAsync(string name, int loops, ConcurrentDictionary<Loop, int> counts) =>
        LoopEngines.ServeAsync(LoopEngines.Make(name, loops: loops, clock: _time), (connection, ct) =>
    {
        var loop = LoopOwnership.Current!.Loop;
        _byPeer[connection.RemoteAddress.ToString()] = loop;
        counts.AddOrUpdate(loop, 1, static (_, count) => count + 1);
        return LoopEngines.EchoAsync(connection, ct);
    });
}
