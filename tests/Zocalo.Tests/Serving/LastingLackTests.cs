using Zocalo.Testing;

namespace Zocalo.Tests.Serving;

/// <summary>A server that has no descriptor for a while: in a simulation, where waiting costs nothing.</summary>
public sealed class LastingLackTests
{
    [Fact]
    public async Task The_pauses_grow_while_the_lack_lasts_and_the_log_tells_of_it_once()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var host = net.Host("b");
        var log = new ListLogger();
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), new() { Engine = host, Logger = log });
        host.MaxDescriptors = 1;        // the listener
        await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
        await client.SendAsync(new byte[] { 42 });
        await Task.Delay(TimeSpan.FromSeconds(10), net.Time);
        var tries = net.Trace.ToString().Split('\n').Count(line => line.Contains("accept on b fails", StringComparison.Ordinal));

        host.MaxDescriptors = 2;
        var freed = net.Time.Elapsed;
        Assert.Equal(1, await client.ReceiveAsync(new byte[1]));

        Assert.InRange(tries, 10, 20);      // 5, 10, 20 ... 640 ms, then one a second
        Assert.InRange(net.Time.Elapsed - freed, TimeSpan.Zero, TimeSpan.FromSeconds(1.1));
        Assert.Single(log.Lines, line => line.StartsWith("Accepting failed with TooManyOpenSockets", StringComparison.Ordinal));
        Assert.Single(log.Lines, line => line.StartsWith("Accepting goes on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Another_lack_begins_with_short_pauses_again()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var host = net.Host("b");
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), new() { Engine = host });
        for (var lack = 0; lack < 3; lack++)
        {
            var before = net.Time.Elapsed;
            host.FailAccepts(System.Net.Sockets.SocketError.TooManyOpenSockets, times: 3);
            await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a") });
            await client.SendAsync(new byte[] { 42 });
            Assert.Equal(1, await client.ReceiveAsync(new byte[1]));
            Assert.InRange(net.Time.Elapsed - before, TimeSpan.FromMilliseconds(35), TimeSpan.FromMilliseconds(60));
        }
    }
}
