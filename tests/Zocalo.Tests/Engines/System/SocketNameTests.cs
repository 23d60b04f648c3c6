using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines;

/// <summary>What Linux writes as a socket's name (sockaddr), and the end point that it means: always the one that System.Net.Sockets
/// gives.</summary>
public sealed class SocketNameTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zn-");

    public void Dispose() => _directory.Delete(recursive: true);

    public static TheoryData<string, int> Addresses => new()
    {
        { "127.0.0.1", 1 },
        { "255.255.255.255", 65535 },
        { "0.0.0.0", 0 },
        { "::1", 5346 },
        { "fe80::1%7", 80 },
        { "::ffff:10.0.0.1", 443 },
        { "2001:db8:ffff:ffff:ffff:ffff:ffff:fffe", 256 },
    };

    [Theory]
    [MemberData(nameof(Addresses))]
    public void An_ip_end_point_comes_back_as_it_went(string address, int port)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(address), port);
        var name = endPoint.Serialize();
        Assert.Equal(endPoint, SocketName.FromLinux(name.Buffer.Span[..name.Size]).ToEndPoint());
        // as accept4(2) leaves its memory behind it
        Assert.Equal(endPoint, SocketName.FromLinux([.. name.Buffer.Span[..name.Size], .. new byte[80]]).ToEndPoint());
    }

    [Theory]
    [InlineData("/tmp/s")]
    [InlineData("/tmp/señal")]
    [InlineData("\0abstract")]
    [InlineData("\0a\0b")]
    public void A_unix_end_point_comes_back_as_it_went(string path)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        var name = endPoint.Serialize();
        Assert.Equal(endPoint, SocketName.FromLinux(name.Buffer.Span[..name.Size]).ToEndPoint());
    }

    [Theory]
    [InlineData(new byte[0])]
    [InlineData(new byte[] { 1, 0 })]
    public void What_has_no_name_has_no_end_point(byte[] sockaddr)
    {
        Assert.Null(SocketName.FromLinux(sockaddr).ToEndPoint());
        Assert.Null(default(SocketName).ToEndPoint());
    }

    public static TheoryData<string> Listening => ["127.0.0.1", "::1", "*", "short", "long", "@"];

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Listening))]
    public async Task Both_ends_have_the_names_that_the_engine_async_gives_them(string kind)
    {
        Assert.SkipUnless(kind is not "::1" || Machine.HasIPv6, "This machine has no ::1.");
        var expected = await NamesAsync(Engine.Async, AddressOf(kind, "a"));
        foreach (var name in (string[])["threads", "select", "epoll"])
        {
            var actual = await NamesAsync(LoopEngines.Make(name), AddressOf(kind, name[..1]));
            Assert.Equal(expected, actual);
        }
    }

    private Address AddressOf(string kind, string engine) => kind switch
    {
        "short" => new UnixAddress(Path.Combine(_directory.FullName, engine)),
        // 107 bytes: the longest that there is
        "long" => new UnixAddress(_directory.FullName + "/" + new string('p', 105 - _directory.FullName.Length) + engine),
        "@" => new UnixAddress($"@zocalo-{Environment.ProcessId}-{engine}"),
        "::1" => "[::1]:0",
        _ => Address.Parse($"{kind}:0"),
    };

    /// <summary>All four names, with what differs from run to run (ports, the engine's letter) left out.</summary>
    private static async Task<string[]> NamesAsync(Engine engine, Address address)
    {
        var accepted = new TaskCompletionSource<(Address Local, Address Remote)>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(engine, (connection, _) =>
        {
            accepted.SetResult((connection.LocalAddress, connection.RemoteAddress));
            return Task.CompletedTask;
        }, address);
        var client = await Connector.ConnectAsync(served.LocalAddress, new ConnectOptions { Engine = engine }).WaitAsync(LoopEngines.Cap);
        var (local, remote) = await accepted.Task.WaitAsync(LoopEngines.Cap);
        string[] names = [
            Plain(client.LocalAddress),
            Plain(client.RemoteAddress),
            Plain(local),
            Plain(remote),
            (client.LocalAddress == remote).ToString(),
            (client.RemoteAddress == local).ToString()];
        client.Abort();
        return names;
    }

    private static string Plain(Address address) => address switch
    {
        TcpAddress tcp => tcp.Host,
        UnixAddress unix => unix.Path.Length > 0 ? unix.ToString()[..^1] : unix.ToString(),
        _ => address.ToString(),
    };
}
