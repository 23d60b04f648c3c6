using System.Globalization;
using System.Net;
using Zocalo.Addresses;

namespace Zocalo;

/// <summary>A TCP host and port. The host is a name, an IPv4 or IPv6 address, or <c>*</c> for every interface.</summary>
public sealed class TcpAddress : Address
{
    private const string AnyHost = "*";
    private const string LoopbackHost = "127.0.0.1";

    /// <summary>Makes an address from a host and a port.</summary>
    /// <param name="host">
    /// A name, an IPv4 address, an IPv6 address (with or without brackets, with or without a scope such as <c>%eth0</c>), or <c>*</c>.
    /// </param>
    /// <param name="port">0 to 65535; with 0 a listener gets any free port.</param>
    /// <exception cref="AddressException">The host is malformed.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The port is not within 0 to 65535.</exception>
    public TcpAddress(string host, int port)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentOutOfRangeException.ThrowIfLessThan(port, IPEndPoint.MinPort);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(port, IPEndPoint.MaxPort);
        Host = HostSyntax.Canonical(text: host, host);
        Port = port;
    }

    /// <summary>
    /// The host in its canonical form: a name in lower case, an IP address in its shortest form and without brackets, or <c>*</c>.
    /// An IPv4 address mapped into IPv6 is the IPv4 address.
    /// </summary>
    public string Host { get; }

    /// <summary>The port, 0 to 65535; with 0 a listener gets any free port.</summary>
    public int Port { get; }

    /// <summary>Whether the host means every interface: <c>*</c>, <c>0.0.0.0</c> or <c>::</c>.</summary>
    public bool IsAny => Reach == Reach.AnyInterface;

    /// <inheritdoc/>
    public override Reach Reach => Literal switch
    {
        null when Host == AnyHost => Reach.AnyInterface,
        null when Host == "localhost" => Reach.ThisMachine,
        null => Reach.Unknown,
        var ip when IPAddress.IsLoopback(ip) => Reach.ThisMachine,
        var ip when ip.Equals(IPAddress.Any) || ip.Equals(IPAddress.IPv6Any) => Reach.AnyInterface,
        _ => Reach.OneInterface,
    };

    /// <summary>The IP address that the host is, without its scope; null when the host is a name or <c>*</c>.</summary>
    internal IPAddress? Literal => IPAddress.TryParse(Host.Split('%')[0], out var ip) ? ip : null;

    /// <summary>Every interface, IPv6 and IPv4: <c>tcp://*:port</c>.</summary>
    public static TcpAddress Any(int port) => new(AnyHost, port);

    /// <summary>This machine only: <c>tcp://127.0.0.1:port</c>.</summary>
    public static TcpAddress Loopback(int port) => new(LoopbackHost, port);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"tcp://{(Host.Contains(':') ? $"[{Host}]" : Host)}:{Port}");

    /// <inheritdoc/>
    public override bool Equals(Address? other) => other is TcpAddress tcp && tcp.Host == Host && tcp.Port == Port;

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Host, Port);
}
