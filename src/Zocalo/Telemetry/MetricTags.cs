using System.Net;
using System.Net.Sockets;

namespace Zocalo.Telemetry;

/// <summary>
/// The tags of what is measured, as OpenTelemetry's conventions name them: of the server's end of the connections, whoever measures. So a
/// peer's address is in none of them, and there are as many series as there are servers, not as many as there are clients.
/// </summary>
internal static class MetricTags
{
    internal const string Transport = "network.transport";
    internal const string NetworkType = "network.type";
    internal const string ServerAddress = "server.address";
    internal const string ServerPort = "server.port";
    internal const string EngineName = "zocalo.engine";
    internal const string Side = "zocalo.side";
    internal const string Direction = "network.io.direction";
    internal const string ErrorType = "error.type";

    /// <summary>The tags of a server that listens on this address.</summary>
    internal static KeyValuePair<string, object?>[] OfServer(Address local, Engine engine) => Of(local, null, engine, "server");

    /// <summary>The tags of clients of a server.</summary>
    /// <param name="address">The server's address as the program wrote it.</param>
    /// <param name="endPoint">Where that led to; null if it is not known.</param>
    /// <param name="engine">Who drives the client.</param>
    internal static KeyValuePair<string, object?>[] OfClient(Address address, EndPoint? endPoint, Engine engine) =>
        Of(address, endPoint, engine, "client");

    /// <summary>These tags, of the bytes that came.</summary>
    internal static KeyValuePair<string, object?>[] OfReceived(KeyValuePair<string, object?>[] tags) =>
        [.. tags, new(Direction, "receive")];

    /// <summary>These tags, of the bytes that went.</summary>
    internal static KeyValuePair<string, object?>[] OfSent(KeyValuePair<string, object?>[] tags) =>
        [.. tags, new(Direction, "transmit")];

    /// <summary>What <see cref="ErrorType"/> says of an end; null for one in good order.</summary>
    internal static string? ErrorOf(EndReason reason) => reason switch
    {
        EndReason.PeerFinished or EndReason.Completed or EndReason.Drained => null,
        _ => reason.ToString(),
    };

    /// <summary>What <see cref="ErrorType"/> says of an exception: our word for a connection's end, else its type.</summary>
    internal static string ErrorOf(Exception error) => error switch
    {
        ConnectionException broken => broken.Reason.ToString(),
        FrameException broken => broken.Reason.ToString(),
        _ => error.GetType().FullName!,
    };

    private static KeyValuePair<string, object?>[] Of(Address address, EndPoint? endPoint, Engine engine, string side)
    {
        var tags = new List<KeyValuePair<string, object?>>(6)
        {
            new(Transport, address is UnixAddress ? "unix" : "tcp"),
            new(EngineName, engine.Name),
            new(Side, side),
        };
        switch (address)
        {
            case UnixAddress unix:
                tags.Add(new(ServerAddress, unix.IsAbstract ? $"@{unix.Path}" : unix.Path));
                break;
            case TcpAddress tcp:
                tags.Add(new(ServerAddress, tcp.Host));
                tags.Add(new(ServerPort, tcp.Port));
                if (NetworkOf(endPoint?.AddressFamily ?? tcp.Literal?.AddressFamily) is { } network)
                {
                    tags.Add(new(NetworkType, network));        // "every interface" is both
                }
                break;
        }
        return [.. tags];
    }

    private static string? NetworkOf(AddressFamily? family) => family switch
    {
        AddressFamily.InterNetwork => "ipv4",
        AddressFamily.InterNetworkV6 => "ipv6",
        _ => null,
    };
}
