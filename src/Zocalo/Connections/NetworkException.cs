using System.Globalization;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;

namespace Zocalo;

/// <summary>Listening, resolving or connecting failed. The message is one line that says what happened and what to do.</summary>
public sealed class NetworkException : IOException
{
    internal NetworkException(string message, Address address, SocketError error, Exception? inner = null) : base(message, inner)
    {
        Address = address;
        SocketError = error;
    }

    /// <summary>The address that the program gave.</summary>
    public Address Address { get; }

    /// <summary>The operating system's error.</summary>
    public SocketError SocketError { get; }

    internal static NetworkException Listening(Address address, SocketError error, Exception? inner = null) =>
        new("cannot listen on " +
            $"{address}: {(inner is EngineLimitException or PathInUseException ? inner.Message : WhyNotListen(address, error))}",
            address, error, inner);

    internal static NetworkException Accepting(Address address, SocketError error, Engine engine) =>
        new($"cannot accept on {address}: " +
            (error == SocketError.TooManyOpenSockets && engine.DescriptorLimit < int.MaxValue
                ? EngineLimitException.OfSelect().Message
                : Common(error)),
            address, error);

    internal static NetworkException Connecting(Address address, SocketError error, Exception? inner = null, Address? source = null) =>
        new(
            $"cannot connect to {address}{(source is null ? "" : $" from {source}")}: " +
            ((inner as EngineLimitException)?.Message ?? WhyNotFrom(source, error) ?? WhyNotConnect(address, error)),
            address,
            error,
            inner);

    /// <summary>What only a connection with a source of its own meets.</summary>
    private static string? WhyNotFrom(Address? source, SocketError error) => (source, error) switch
    {
        (null, _) => null,
        (_, SocketError.AddressNotAvailable) => "this machine has no such source address; use one of its own (see 'ip addr')",
        (_, SocketError.AddressAlreadyInUse) => "the source is in use; choose another port (0 lets the system choose)",
        (_, SocketError.AddressFamilyNotSupported) =>
            "the source is of another kind (IPv4, IPv6) than every address to connect to; choose one of the same kind",
        (_, SocketError.InvalidArgument) => "the address cannot be reached from this source; choose another one",
        _ => null,
    };

    private static string WhyNotListen(Address address, SocketError error) => (address, error) switch
    {
        (UnixAddress, SocketError.AddressAlreadyInUse) =>
            "the path is in use by another server, or is a file of another kind; stop that server, or choose another path",
        (_, SocketError.AddressAlreadyInUse) =>
            "the address is in use; stop the program that holds it, or choose another port (0 lets the system choose)",
        (TcpAddress { Port: > 0 and < 1024 } tcp, SocketError.AccessDenied) =>
            $"port {tcp.Port} is privileged; choose one from 1024 on, or grant the right (setcap cap_net_bind_service=+ep on the " +
            "program, or lower net.ipv4.ip_unprivileged_port_start)",
        (UnixAddress, SocketError.AccessDenied) => "permission denied; choose a directory that this user may write to",
        (_, SocketError.AccessDenied) => "permission denied; choose another address, or run with the right to use this one",
        (UnixAddress, SocketError.AddressNotAvailable) => "the directory does not exist; create it, or choose another path",
        (_, SocketError.AddressNotAvailable) => "this machine has no such address; use one of its own (see 'ip addr'), or * for all",
        (TcpAddress tcp, SocketError.InvalidArgument) when LacksScope(tcp) => WhichInterface(tcp),
        _ => Common(error),
    };

    private static string WhyNotConnect(Address address, SocketError error) => (address, error) switch
    {
        (UnixAddress unix, SocketError.ConnectionRefused) => WhyRefused(unix),
        (_, SocketError.ConnectionRefused) => "refused; nothing listens there: start the server, or check the port",
        (UnixAddress, SocketError.AccessDenied) => "permission denied; the socket's file or directory is closed to this user",
        (UnixAddress, SocketError.AddressNotAvailable) => "there is no such socket; start the server, or check the path",
        (TcpAddress tcp, SocketError.InvalidArgument) when LacksScope(tcp) => WhichInterface(tcp),
        (_, SocketError.ConnectionReset) => "the server accepted and cut the connection at once; its log may say why",
        (_, SocketError.TimedOut) => "no answer; check the address, and that no firewall drops the connection",
        (_, SocketError.NetworkUnreachable) => "the network is unreachable; check the address and this machine's routes",
        (_, SocketError.HostUnreachable) => "the host is unreachable; check the address and that the host is up",
        _ => Common(error),
    };

    /// <summary>connect(2) gives the same error when the server is gone and when the file is not a socket.</summary>
    private static string WhyRefused(UnixAddress address)
    {
        if (address.IsAbstract)
        {
            return "refused; no server listens under this name: start the server, or check the name";
        }
        var file = new FileInfo(address.Path);
        return (Directory.Exists(address.Path), file.Exists && file.Length > 0) switch
        {
            (true, _) => "this is a directory, not a socket; check the path",
            (_, true) => "this is an ordinary file, not a socket; check the path",
            _ => "refused; no server listens there: start the server, or check that the path is a socket's ('ls -l' shows an s)",
        };
    }

    /// <summary>Every link has its own link-local addresses (RFC 4007): without an interface such an address names no host.</summary>
    private static bool LacksScope(TcpAddress address) =>
        address.Literal is { IsIPv6LinkLocal: true } && !address.Host.Contains('%', StringComparison.Ordinal);

    private static string WhichInterface(TcpAddress address) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $"a link-local address needs the interface that it is reached by; write [{address.Host}%eth0]:{address.Port}, with one that " +
            $"'ip link' shows");

    private static string Common(SocketError error) => error switch
    {
        SocketError.HostNotFound or SocketError.NoData => "the name does not resolve; check its spelling, or use an IP address",
        SocketError.TryAgain => "the name cannot be resolved now; check the DNS settings, or try again later",
        SocketError.AddressFamilyNotSupported => "this system does not support such addresses; use another kind",
        SocketError.TooManyOpenSockets => "no descriptor is free; close some connections, or raise the limit (ulimit -n)",
        _ => $"{new SocketException((int)error).Message} ({error})",
    };
}
