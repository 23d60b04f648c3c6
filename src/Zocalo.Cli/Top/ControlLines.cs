using System.Text.Json;
using System.Text.Json.Serialization;

namespace Zocalo.Cli;

/// <summary>The first line of a control socket: whose it is.</summary>
internal sealed record ServerLine(int Zocalo, int Pid, string Address, string Engine, int? MaxConnections)
{
    /// <summary>The version of the lines that this tool understands.</summary>
    public const int Version = 1;

    /// <exception cref="ToolException">It is not the first line of such a socket, or of another version.</exception>
    public static ServerLine Parse(ReadOnlySpan<byte> line, Address control)
    {
        var server = TryParse(line);
        return server switch
        {
            { Zocalo: Version } => server,
            null or { Zocalo: 0 } => throw new ToolException($"{control} is no control socket of Zocalo", ExitCode.Network),
            _ => throw new ToolException(
                $"{control} speaks version {server.Zocalo}, and this tool understands {Version}; use the zocalo of that program's version",
                ExitCode.Network),
        };
    }

    private static ServerLine? TryParse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, ControlJson.Default.ServerLine);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A snapshot of a server.</summary>
internal sealed record SnapshotLine(
    double UptimeSeconds,
    bool Draining,
    StatesLine Connections,
    long Accepted,
    long Ended,
    long Rejected,
    long Rescues,
    long BytesIn,
    long BytesOut,
    long SendQueue,
    double? OldestSeconds,
    Dictionary<string, long> Ends,
    RatesLine? PerSecond,
    PeerLine[] Peers)
{
    public static SnapshotLine Parse(ReadOnlySpan<byte> line) => JsonSerializer.Deserialize(line, ControlJson.Default.SnapshotLine)!;
}

/// <summary>How many connections are in each state.</summary>
internal sealed record StatesLine(long Queued, long Reading, long Sending, long Working, long Closing);

/// <summary>Rates since the snapshot before.</summary>
internal sealed record RatesLine(double Accepted, double Ended, double BytesIn, double BytesOut);

/// <summary>One of the slowest peers.</summary>
internal sealed record PeerLine(long Id, string Address, string State, double AgeSeconds, long Unsent, long BytesIn, long BytesOut);

/// <summary>Reads the lines without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ServerLine))]
[JsonSerializable(typeof(SnapshotLine))]
internal sealed partial class ControlJson : JsonSerializerContext;
