using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Network;

/// <summary>The parts of a simulated network say what they are.</summary>
public class NamesTests
{
    [Fact(Timeout = Duo.Cap)]
    public async Task A_connection_has_the_addresses_of_its_two_ends()
    {
        await using var net = new SimulatedNetwork(1);
        await using var duo = await Duo.JoinAsync(net);
        Assert.Equal((duo.Client.LocalAddress, duo.Client.RemoteAddress), (duo.Wire.Client, duo.Wire.Server));
        Assert.Equal($"tcp://{duo.B.Address}:7000", duo.Wire.Server.ToString());
        Assert.Equal(AddressFamily.InterNetworkV6, duo.B.AddressV6.AddressFamily);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_link_has_its_two_hosts_and_is_down_until_it_is_up()
    {
        await using var net = new SimulatedNetwork(1);
        var (a, b) = (net.Host("a"), net.Host("b"));
        var link = net.Link(a, b);
        Assert.Equal((a, b), (link.From, link.To));
        link.Down();
        Assert.True(link.IsDown);
        Assert.False(net.Link(b, a).IsDown);
        link.Up();
        Assert.False(link.IsDown);
        Assert.False(net.Trace.IsFull);
    }
}
