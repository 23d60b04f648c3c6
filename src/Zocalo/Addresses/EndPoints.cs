using System.Net;
using System.Net.Sockets;

namespace Zocalo.Addresses;

/// <summary>
/// Converts between <see cref="Address"/> and System.Net's end points. The only code that switches over the kinds of address.
/// </summary>
internal static class EndPoints
{
    /// <summary>
    /// The address of a socket's end. Null means an unnamed socket. An IPv4 peer of a dual-stack listener gets its IPv4 address.
    /// </summary>
    public static Address ToAddress(EndPoint? endPoint) => endPoint switch
    {
        null => UnixAddress.Unnamed,
        IPEndPoint ip => new TcpAddress(ip.Address.ToString(), ip.Port),
        // Not ToString(): it does not distinguish an abstract socket from a file whose name begins with @. The bytes are a family (2), then
        // sun_path.
        UnixDomainSocketEndPoint unix when unix.Serialize() is var bytes => UnixAddress.FromSunPath(bytes.Buffer.Span[2..bytes.Size]),
        _ => throw new NotSupportedException($"Zocalo has no address for a {endPoint.GetType()}."),
    };

    /// <summary>Where to connect to, in the order of the attempts; never empty.</summary>
    /// <param name="address">An IP address needs no resolver; <c>*</c>, <c>0.0.0.0</c> and <c>::</c> are this machine's loopback.</param>
    /// <param name="resolve">Gives the IP addresses of a name.</param>
    /// <param name="ct">Passed to <paramref name="resolve"/>.</param>
    /// <exception cref="AddressException">It is impossible to connect to such an address, on this machine or at all.</exception>
    /// <exception cref="SocketException">The name has no IP address.</exception>
    public static ValueTask<EndPoint[]> ForConnectAsync(
        Address address, Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, CancellationToken ct)
    {
        if (address is TcpAddress { Port: 0 })
            throw new AddressException(address.ToString(), "port", "0 asks a listener for any free port; write the port to connect to");
        return TranslateAsync(address, ConnectTargets, resolve, ct);
    }

    /// <summary>What to bind a connecting socket to: the address is an IP address.</summary>
    /// <exception cref="AddressException">It names a network interface that this machine does not have.</exception>
    public static IPEndPoint OfSource(Address source) => source is TcpAddress tcp && Literal(tcp) is [var ip]
        ? new IPEndPoint(ip, tcp.Port)
        : throw new AddressException(source.ToString(), "host", "it is not an IP address; write one that this machine has");

    /// <summary>What to bind a listener to, the first choice first; never empty.</summary>
    /// <param name="address">
    /// <c>*</c> is IPv6Any, which the engine makes dual stack, or 0.0.0.0 where the system has no IPv6. <c>localhost</c> is not looked up
    /// (RFC 6761 §6.3), so that it cannot be anything but this machine.
    /// </param>
    /// <param name="resolve">Gives the IP addresses of a name.</param>
    /// <param name="ct">Passed to <paramref name="resolve"/>.</param>
    /// <exception cref="AddressException">It is impossible to listen on such an address, on this machine or at all.</exception>
    /// <exception cref="SocketException">The name has no IP address.</exception>
    public static ValueTask<EndPoint[]> ForListenAsync(
        Address address, Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve, CancellationToken ct) =>
        TranslateAsync(address, ListenTargets, resolve, ct);

    private static async ValueTask<EndPoint[]> TranslateAsync(
        Address address,
        Func<TcpAddress, IPAddress[]?> withoutResolver,
        Func<string, CancellationToken, ValueTask<IPAddress[]>> resolve,
        CancellationToken ct)
    {
        switch (address)
        {
            case TcpAddress tcp:
                var ips = withoutResolver(tcp) ?? await resolve(tcp.Host, ct).ConfigureAwait(false);
                if (ips.Length == 0)
                    throw new SocketException((int)SocketError.HostNotFound);
                return [.. ips.Select(ip => new IPEndPoint(ip, tcp.Port))];
            case UnixAddress unix:
                return [ToEndPoint(unix)];
            default:
                throw new NotSupportedException($"Zocalo has no end point for a {address.GetType()}.");
        }
    }

    private static IPAddress[]? ConnectTargets(TcpAddress tcp) => tcp.Host switch
    {
        // A connect to 0.0.0.0 goes to loopback on Linux and is refused on Windows; loopback itself works everywhere.
        "*" => BothLoopbacks(),
        "0.0.0.0" => [IPAddress.Loopback],
        "::" => [IPAddress.IPv6Loopback],
        _ => Literal(tcp),
    };

    private static IPAddress[]? ListenTargets(TcpAddress tcp) => tcp.Host switch
    {
        "*" => [Socket.OSSupportsIPv6 ? IPAddress.IPv6Any : IPAddress.Any],
        "localhost" => BothLoopbacks(),
        _ => Literal(tcp),
    };

    private static IPAddress[] BothLoopbacks() =>
        Socket.OSSupportsIPv6 ? [IPAddress.Loopback, IPAddress.IPv6Loopback] : [IPAddress.Loopback];

    /// <summary>The IP address that the host is, with its scope as this machine numbers it; null when the host is a name.</summary>
    private static IPAddress[]? Literal(TcpAddress tcp)
    {
        if (tcp.Literal is not { } ip)
            return null;
        if (tcp.Host.IndexOf('%') is >= 0 and var percent)
        {
            // TryParse does not fail for an interface that does not exist: it gives scope 0.
            if (!IPAddress.TryParse(tcp.Host, out ip) || ip.ScopeId == 0)
            {
                var scope = PlainText.Quote(tcp.Host[(percent + 1)..]);
                throw new AddressException(tcp.ToString(), "host", $"this machine has no network interface {scope}; write one that it has");
            }
        }
        return [ip];
    }

    private static UnixDomainSocketEndPoint ToEndPoint(UnixAddress unix)
    {
        if (unix.IsUnnamed)
            throw new AddressException(unix.ToString(), "path", "a socket without a name cannot be found; write unix:/path or unix:@name");
        if (unix.IsAbstract && !UnixAddress.HasAbstractNames)
            throw new AddressException(unix.ToString(), "path", "only Linux has abstract names; write unix:/path");
        return new UnixDomainSocketEndPoint(unix.IsAbstract ? "\0" + unix.Path : unix.Path);
    }
}
