using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>What can meet an attempt to connect.</summary>
public class ConnectFaultTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    [Theory(Timeout = Duo.Cap)]
    [InlineData(FaultKind.Refuse, SocketError.ConnectionRefused)]
    [InlineData(FaultKind.Unreachable, SocketError.HostUnreachable)]
    public async Task It_fails_as_the_kind_says(FaultKind kind, SocketError error)
    {
        await using var net = new SimulatedNetwork(1) { Faults = FaultMix.None.With(kind, 1) };
        await using var listener = await Listen(net);
        Assert.Equal(error, (await Assert.ThrowsAsync<NetworkException>(() => Connect(net))).SocketError);
        net.Faults = FaultMix.None;
        Abort(await Connect(net), await listener.AcceptAsync());        // and nothing of the failure is left in the backlog
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_name_does_not_resolve_or_not_now()
    {
        await using var net = new SimulatedNetwork(1) { Faults = FaultMix.None.With(FaultKind.DnsFailure, 1) };
        await using var listener = await Listen(net);
        var errors = new List<SocketError>();
        for (var i = 0; i < 20; i++)
        {
            errors.Add((await Assert.ThrowsAsync<NetworkException>(() => Connect(net))).SocketError);
        }
        Assert.Equal([SocketError.HostNotFound, SocketError.TryAgain], errors.Distinct().Order());
        Abort(await Connector.ConnectAsync("10.0.0.1:7000", new() { Engine = net.Host("a") }), await listener.AcceptAsync());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_lost_syn_is_sent_again_after_1_2_and_4_seconds()
    {
        var times = new HashSet<int>();
        for (var seed = 1UL; seed <= 20; seed++)
        {
            await using var net =
                new SimulatedNetwork(seed) { DefaultLink = LinkOptions.Instant, Faults = FaultMix.None.With(FaultKind.LostSyn, 1) };
            await using var listener = await Listen(net);
            Abort(await Connect(net), await listener.AcceptAsync());
            Assert.Equal(0, net.Time.Elapsed.Ticks % TimeSpan.TicksPerSecond);
            times.Add((int)net.Time.Elapsed.TotalSeconds);
        }
        Assert.Equal([1, 3, 7], times.Order());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_server_may_see_the_connection_up_to_a_second_later_than_the_client()
    {
        var later = new List<TimeSpan>();
        for (var seed = 1UL; seed <= 20; seed++)
        {
            await using var net =
                new SimulatedNetwork(seed) { DefaultLink = LinkOptions.Instant, Faults = FaultMix.None.With(FaultKind.AcceptDelay, 1) };
            await using var listener = await Listen(net);
            var client = await Connect(net);
            Assert.Equal(TimeSpan.Zero, net.Time.Elapsed);
            await Duo.Send(client, "early");
            var server = await listener.AcceptAsync();
            later.Add(net.Time.Elapsed);
            Assert.Equal("early", await Duo.Read(server, 5));
            Abort(client, server);
        }
        Assert.All(later, time => Assert.InRange(time, TimeSpan.Zero, Second));
        Assert.True(later.Max() > Second / 2, "hardly any delay");
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_ratio_is_the_part_of_the_connections()
    {
        await using var net = new SimulatedNetwork(1) { Faults = FaultMix.None.With(FaultKind.Refuse, 0.25) };
        await using var listener = await Listen(net);
        var refused = 0;
        for (var i = 0; i < 400; i++)
        {
            try
            {
                Abort(await Connect(net), await listener.AcceptAsync());
            }
            catch (NetworkException)
            {
                refused++;
            }
        }
        Assert.InRange(refused, 70, 130);
        Assert.Equal(refused, net.FaultsDrawn[FaultKind.Refuse]);
    }

    private static Task<Listener> Listen(SimulatedNetwork net) => Listener.ListenAsync("*:7000", new() { Engine = net.Host("b") });

    private static Task<Connection> Connect(SimulatedNetwork net) =>
        Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });

    private static void Abort(Connection client, Connection server)
    {
        client.Abort();
        server.Abort();
    }
}
