using System.Net.Sockets;

namespace Zocalo.Tests.Connections;

/// <summary>Where a connection comes from, when the program says so.</summary>
public sealed class SourceTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    public static bool IsLinux => OperatingSystem.IsLinux();

    [Theory(SkipUnless = nameof(IsLinux), Skip = "All of 127.0.0.0/8 is this machine: Linux.")]
    [InlineData("async")]
    [InlineData("threads")]
    [InlineData("select")]
    [InlineData("epoll")]
    public async Task The_server_sees_the_source(string name)
    {
        Assert.True(Engine.TryCreate(name, out var engine, out var reason), reason);
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new() { Engine = engine });
        await using var client = await Connector.ConnectAsync(
            listener.LocalAddress, new() { Engine = engine, Source = "127.0.0.2:0" }).WaitAsync(Cap);
        await using var server = await listener.AcceptAsync().WaitAsync(Cap);
        Assert.Equal("127.0.0.2", ((TcpAddress)server.RemoteAddress).Host);
        Assert.Equal(server.RemoteAddress, client.LocalAddress);
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).WaitAsync(Cap);
    }

    [Theory]
    [InlineData("192.0.2.1:0", "127.0.0.1:1", "to tcp://127.0.0.1:1 from tcp://192.0.2.1:0: this machine has no such source address")]
    [InlineData("[::1]:0", "127.0.0.1:1", "the source is of another kind (IPv4, IPv6) than every address to connect to")]
    public async Task A_source_that_cannot_be_is_named_with_the_cure(string source, string to, string sentence)
    {
        var error = await Assert.ThrowsAsync<NetworkException>(
            () => Connector.ConnectAsync(to, new() { Source = source }).WaitAsync(Cap));
        Assert.Contains(sentence, error.Message, StringComparison.Ordinal);
        Assert.NotEqual(SocketError.Success, error.SocketError);
    }

    [Theory]
    [InlineData("localhost:0")]
    [InlineData("unix:/tmp/x")]
    public void Only_an_address_of_the_network_is_a_source(string source)
    {
        var error = Assert.Throws<ArgumentException>(() => new ConnectOptions { Source = source });
        Assert.Contains("it must be an IP address of this machine and a port, such as 127.0.0.2", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_simulated_host_says_that_it_has_no_other_source() => await Zocalo.Testing.Explore.Seeds(1, async network =>
    {
        var host = network.Host("a");
        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => Connector.ConnectAsync("a:80", new() { Engine = host, Source = "127.0.0.2:0" }));
        Assert.Contains("leave Source out", error.Message, StringComparison.Ordinal);
    });
}
