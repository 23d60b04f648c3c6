using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Zocalo.Contract.Claims;

/// <summary>A client may have a name of its own, of any length there is: it is served, and shown by it.</summary>
public sealed class NamedClientClaims : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zn-");

    public void Dispose() => _directory.Delete(recursive: true);

    [Claim]
    public async Task A_client_is_shown_by_its_own_name(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        if (!transport.Has(Divergence.AbortIsSeenAsFin))        // not a socket of the system's, or one with a port
        {
            var (client, server) = await site.PairAsync(listener);
            Assert.Equal(client.LocalAddress, server.RemoteAddress);
            return;
        }
        foreach (var name in Names())
        {
            var accepting = site.AcceptAsync(listener);
            using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            client.Bind(name);
            await client.ConnectAsync(To(listener.LocalAddress)).InTime();
            var server = await accepting;
            Assert.Equal(Shown(client), server.RemoteAddress);
            Assert.Equal(listener.LocalAddress, server.LocalAddress);
            await server.SayAsync("welcome");
            var heard = new byte[7];
            Assert.Equal(7, await client.ReceiveAsync(heard).InTime());
        }
        var (unnamed, last) = await site.PairAsync(listener);       // and those without are served as before
        Assert.Equal(UnixAddress.Unnamed, last.RemoteAddress);
        await unnamed.SayAsync("hello");
        await last.HearAsync("hello");
    }

    private static UnixDomainSocketEndPoint To(Address address) =>
        address is UnixAddress { IsAbstract: true } name ? new("\0" + name.Path) : new(((UnixAddress)address).Path);

    /// <summary>By what the client's own kernel says of it.</summary>
    private static UnixAddress Shown(Socket client)
    {
        var bytes = client.LocalEndPoint!.Serialize();
        return UnixAddress.FromSunPath(bytes.Buffer.Span[2..bytes.Size]);
    }

    /// <summary>Shorter than the listener's, and the longest that there are.</summary>
    private IEnumerable<EndPoint> Names()
    {
        yield return new UnixDomainSocketEndPoint(Path.Combine(_directory.FullName, "c"));
        var rest = UnixAddress.MaxPathBytes - 1 - Encoding.UTF8.GetByteCount(_directory.FullName);
        yield return new UnixDomainSocketEndPoint(Path.Combine(_directory.FullName, new string('c', rest)));
        if (OperatingSystem.IsLinux())
        {
            yield return new UnixDomainSocketEndPoint($"\0{Guid.NewGuid():N}".PadRight(UnixAddress.MaxPathBytes + 1, 'c'));
            yield return new ChosenByTheSystem();
        }
    }

    /// <summary>Binding to a family and nothing else gives a name of five digits (unix(7), "Autobind feature").</summary>
    private sealed class ChosenByTheSystem : EndPoint
    {
        public override AddressFamily AddressFamily => AddressFamily.Unix;

        public override SocketAddress Serialize() => new(AddressFamily.Unix, sizeof(ushort));

        public override EndPoint Create(SocketAddress socketAddress) => new UnixDomainSocketEndPoint("/").Create(socketAddress);
    }
}
