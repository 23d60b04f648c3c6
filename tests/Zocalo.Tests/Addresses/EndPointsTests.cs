using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Zocalo.Addresses;

namespace Zocalo.Tests.Addresses;

public class EndPointsTests
{
    private delegate ValueTask<EndPoint[]> Translate(
        Address address, Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, CancellationToken ct);

    private static readonly IPAddress[] SomeAddresses = [IPAddress.Parse("2001:db8::7"), IPAddress.Parse("192.0.2.7")];

    private static readonly Translate[] BothWays = [EndPoints.ForConnectAsync, EndPoints.ForListenAsync];

    [Theory]
    [InlineData("127.0.0.1", 80, "tcp://127.0.0.1:80")]
    [InlineData("::1", 80, "tcp://[::1]:80")]
    [InlineData("::", 0, "tcp://[::]:0")]
    [InlineData("0.0.0.0", 65535, "tcp://0.0.0.0:65535")]
    [InlineData("::ffff:192.0.2.1", 80, "tcp://192.0.2.1:80")]
    [InlineData("fe80::1%3", 80, "tcp://[fe80::1%3]:80")]
    public void An_ip_end_point_is_a_tcp_address(string ip, int port, string text) =>
        Assert.Equal(Address.Parse(text), EndPoints.ToAddress(new IPEndPoint(IPAddress.Parse(ip), port)));

    [Fact]
    public void A_unix_end_point_is_a_unix_address()
    {
        Assert.Equal(new UnixAddress("/tmp/socket"), EndPoints.ToAddress(new UnixDomainSocketEndPoint("/tmp/socket")));
        var abstractName = OperatingSystem.IsLinux() ? UnixAddress.Abstract("name") : UnixAddress.Unnamed;
        Assert.Equal(abstractName, EndPoints.ToAddress(new UnixDomainSocketEndPoint("\0name")));
        Assert.Equal(new UnixAddress("@name"), EndPoints.ToAddress(new UnixDomainSocketEndPoint("@name")));
        Assert.Equal(UnixAddress.Unnamed, EndPoints.ToAddress(null));
    }

    [Fact]
    public void An_end_point_of_another_family_has_no_address() =>
        Assert.Throws<NotSupportedException>(() => EndPoints.ToAddress(new DnsEndPoint("localhost", 80)));

    [Fact]
    public void Both_ends_of_a_unix_connection_have_the_addresses_that_the_kernel_reports()
    {
        var address = new UnixAddress(Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(address.Path));
        listener.Listen();
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(address.Path));
        using var accepted = listener.Accept();

        Assert.Equal(address, EndPoints.ToAddress(listener.LocalEndPoint));
        Assert.Equal(address, EndPoints.ToAddress(client.RemoteEndPoint));
        Assert.Equal(UnixAddress.Unnamed, EndPoints.ToAddress(client.LocalEndPoint));
        Assert.Equal(UnixAddress.Unnamed, EndPoints.ToAddress(accepted.RemoteEndPoint));
    }

    [Theory]
    [InlineData("192.0.2.1:80", "192.0.2.1:80")]
    [InlineData("[2001:db8::1]:80", "[2001:db8::1]:80")]
    [InlineData("[fe80::1%7]:80", "[fe80::1%7]:80")]
    [InlineData("0.0.0.0:80", "127.0.0.1:80")]
    [InlineData("[::]:80", "[::1]:80")]
    public async Task A_literal_is_connected_to_without_a_resolver(string text, string endPoint) =>
        Assert.Equal([IPEndPoint.Parse(endPoint)], await EndPoints.ForConnectAsync(text, NoResolver, default));

    [Theory]
    [InlineData("192.0.2.1:80", "192.0.2.1:80")]
    [InlineData("[2001:db8::1]:0", "[2001:db8::1]:0")]
    [InlineData("0.0.0.0:80", "0.0.0.0:80")]
    [InlineData("[::]:80", "[::]:80")]
    [InlineData(":80", "127.0.0.1:80")]
    public async Task A_literal_is_listened_on_without_a_resolver(string text, string endPoint) =>
        Assert.Equal([IPEndPoint.Parse(endPoint)], await EndPoints.ForListenAsync(text, NoResolver, default));

    [Fact]
    public async Task Every_interface_is_IPv6Any_to_listen_on_and_loopback_to_connect_to()
    {
        var any = Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any;
        Assert.Equal([new IPEndPoint(any, 80)], await EndPoints.ForListenAsync("*:80", NoResolver, default));
        Assert.Equal(Loopbacks(80), await EndPoints.ForConnectAsync("*:80", NoResolver, default));
    }

    [Fact]
    public async Task Localhost_is_listened_on_by_IPv4_first_and_is_never_looked_up() =>
        Assert.Equal(Loopbacks(80), await EndPoints.ForListenAsync("localhost:80", NoResolver, default));

    [Theory]
    [InlineData("localhost")]
    [InlineData("example.com")]
    public async Task A_name_is_connected_to_in_the_order_of_the_resolver(string name)
    {
        var endPoints = await EndPoints.ForConnectAsync(new TcpAddress(name, 80), Resolver(name), default);
        Assert.Equal(SomeAddresses.Select(ip => new IPEndPoint(ip, 80)), endPoints);
    }

    [Fact]
    public async Task A_name_is_listened_on_in_the_order_of_the_resolver()
    {
        var endPoints = await EndPoints.ForListenAsync("example.com:0", Resolver("example.com"), default);
        Assert.Equal(SomeAddresses.Select(ip => new IPEndPoint(ip, 0)), endPoints);
    }

    [Fact]
    public async Task A_name_without_addresses_is_HostNotFound()
    {
        static ValueTask<IPAddress[]> Empty(string name, CancellationToken ct) => new([]);
        foreach (var translate in BothWays)
        {
            var error = await Assert.ThrowsAsync<SocketException>(async () => await translate("nowhere.example:80", Empty, default));
            Assert.Equal(SocketError.HostNotFound, error.SocketErrorCode);
        }
    }

    [Fact]
    public async Task The_resolver_gets_the_token_and_its_error_comes_through()
    {
        using var cts = new CancellationTokenSource();
        var failure = new SocketException((int)SocketError.TryAgain);
        ValueTask<IPAddress[]> Failing(string name, CancellationToken ct)
        {
            Assert.Equal(cts.Token, ct);
            return ValueTask.FromException<IPAddress[]>(failure);
        }
        foreach (var translate in BothWays)
        {
            var error = await Assert.ThrowsAsync<SocketException>(async () => await translate("example.com:80", Failing, cts.Token));
            Assert.Same(failure, error);
        }
    }

    [Fact]
    public async Task A_scope_is_this_machines_interface_or_an_error()
    {
        var error = await Assert.ThrowsAsync<AddressException>(async () =>
            await EndPoints.ForConnectAsync("[fe80::1%no-such-interface]:80", NoResolver, default));
        Assert.Equal("host", error.Part);
        Assert.Contains("\"no-such-interface\"", error.Message, StringComparison.Ordinal);

        var lo = NetworkInterface.GetAllNetworkInterfaces().First(i => i.NetworkInterfaceType == NetworkInterfaceType.Loopback).Name;
        var found = Assert.Single(await EndPoints.ForConnectAsync(new TcpAddress($"fe80::1%{lo}", 80), NoResolver, default));
        Assert.NotEqual(0, Assert.IsType<IPEndPoint>(found).Address.ScopeId);
    }

    [Fact]
    public async Task A_unix_address_is_a_unix_end_point()
    {
        foreach (var translate in BothWays)
        {
            Assert.Equal([new UnixDomainSocketEndPoint("/tmp/socket")], await translate("unix:/tmp/socket", NoResolver, default));
            Assert.Equal([new UnixDomainSocketEndPoint("./@file")], await translate(new UnixAddress("@file"), NoResolver, default));
        }
    }

    [Fact]
    public async Task An_abstract_name_is_an_end_point_on_Linux_only()
    {
        foreach (var translate in BothWays)
        {
            if (OperatingSystem.IsLinux())
                Assert.Equal([new UnixDomainSocketEndPoint("\0name")], await translate("unix:@name", NoResolver, default));
            else
                await Assert.ThrowsAsync<AddressException>(async () => await translate("unix:@name", NoResolver, default));
        }
    }

    [Fact]
    public async Task What_cannot_be_reached_at_all_is_an_AddressException()
    {
        var port0 = async () => await EndPoints.ForConnectAsync("localhost:0", NoResolver, default);
        Assert.Equal("port", (await Assert.ThrowsAsync<AddressException>(port0)).Part);
        foreach (var translate in BothWays)
        {
            var unnamed = await Assert.ThrowsAsync<AddressException>(async () => await translate(UnixAddress.Unnamed, NoResolver, default));
            Assert.Equal("path", unnamed.Part);
        }
    }

    private static EndPoint[] Loopbacks(int port) => Socket.OSSupportsIPv6
        ? [new IPEndPoint(IPAddress.Loopback, port), new IPEndPoint(IPAddress.IPv6Loopback, port)]
        : [new IPEndPoint(IPAddress.Loopback, port)];

    private static ValueTask<IPAddress[]> NoResolver(string name, CancellationToken ct) =>
        throw new InvalidOperationException($"the resolver was asked for {name}");

    private static Func<string, CancellationToken, ValueTask<IPAddress[]>> Resolver(string expected) => (name, _) =>
    {
        Assert.Equal(expected, name);
        return new(SomeAddresses);
    };
}
