using Zocalo.Testing;

namespace Zocalo.Tests.Serving;

/// <summary>When a drain with a grace ends the input of whom.</summary>
public sealed class QuietInputsTests
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(20);

    [Theory]
    [InlineData(1, 10)]     // never quiet: half of the drain's time is over
    [InlineData(3, 2)]      // quiet between two words
    public async Task A_peer_that_goes_on_is_heard_for_half_of_the_time_at_most(int pause, int heard)
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var options = new ServerOptions { Engine = net.Host("server"), DrainGrace = Grace, DrainTimeout = DrainTimeout };
        var server = await SocketServer.StartAsync(
            "tcp://server:1", static (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), options);
        await using var client = await Connector.ConnectAsync("tcp://server:1", new() { Engine = net.Host("client") });
        await client.SendAsync("x"u8.ToArray());
        Assert.Equal(1, await client.ReceiveAsync(new byte[1]));
        var began = net.Time.Elapsed;
        var stopping = server.StopAsync();
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(pause), net.Time);
            await client.SendAsync("x"u8.ToArray());
        }
        while (await client.ReceiveAsync(new byte[1]) == 1);
        Assert.InRange(net.Time.Elapsed - began, TimeSpan.FromSeconds(heard), TimeSpan.FromSeconds(heard + Grace.TotalSeconds + 2));
        await client.CloseAsync();
        await stopping;
        Assert.Equal(0, server.AbortedCount);
    }

    [Fact]
    public async Task Messages_need_no_grace()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var options = new ServerOptions { Engine = net.Host("server"), DrainGrace = Grace, DrainTimeout = DrainTimeout };
        var server = await SocketServer.StartAsync(
            "tcp://server:1",
            Protocol.Of(Frames.Lines()),
            static async (peer, ct) =>
            {
                await foreach (var line in peer.ReadAllAsync(ct))
                {
                    await peer.SendAsync(line, ct);
                }
            },
            options);
        await using var client = await Connector.ConnectAsync("tcp://server:1", new() { Engine = net.Host("client") });
        await client.SendAsync("x\n"u8.ToArray());
        Assert.Equal(2, await client.ReceiveAsync(new byte[8]));
        var began = net.Time.Elapsed;
        var stopping = server.StopAsync();
        Assert.Equal(0, await client.ReceiveAsync(new byte[8]));
        Assert.InRange(net.Time.Elapsed - began, TimeSpan.Zero, Grace / 2);
        await client.CloseAsync();
        await stopping;
    }

    [Fact]
    public void It_cannot_be_negative() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new ServerOptions { DrainGrace = TimeSpan.FromSeconds(-1) });
}
