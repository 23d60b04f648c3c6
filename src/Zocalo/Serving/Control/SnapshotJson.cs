using System.Buffers;
using System.Text.Json;

namespace Zocalo.Serving;

/// <summary>
/// The lines of a control socket. The first one names the version and what does not change; each of the others is a snapshot. A field that
/// does not apply is left out; a reader ignores fields that it does not know, and refuses another version.
/// </summary>
internal static class SnapshotJson
{
    /// <summary>Changes when a field changes its meaning or goes away.</summary>
    internal const int Version = 1;

    private static readonly string[] States = [.. Enum.GetNames<ConnectionState>().Select(static name => name.ToLowerInvariant())];

    internal static ReadOnlySpan<byte> Header(SocketServer server) => Write(json =>
    {
        json.WriteNumber("zocalo", Version);
        json.WriteNumber("pid", Environment.ProcessId);
        json.WriteString("address", server.LocalAddress.ToString());
        json.WriteString("engine", server.Engine.Name);
        if (server.MaxConnections != int.MaxValue)
        {
            json.WriteNumber("maxConnections", server.MaxConnections);
        }
    });

    /// <param name="now">What is written.</param>
    /// <param name="last">The one that was written before, for the rates; the first line has none.</param>
    internal static ReadOnlySpan<byte> Of(ServerSnapshot now, ServerSnapshot? last) => Write(json =>
    {
        json.WriteNumber("uptimeSeconds", Seconds(now.At));
        json.WriteBoolean("draining", now.IsDraining);
        json.WriteStartObject("connections");
        for (var i = 0; i < States.Length; i++)
        {
            json.WriteNumber(States[i], now.States[i]);
        }
        json.WriteEndObject();
        json.WriteNumber("accepted", now.Accepted);
        json.WriteNumber("ended", now.Ended.Sum());
        json.WriteNumber("rejected", now.Rejected);
        json.WriteNumber("rescues", now.Rescues);
        json.WriteNumber("bytesIn", now.Bytes.Received);
        json.WriteNumber("bytesOut", now.Bytes.Sent);
        json.WriteNumber("sendQueue", now.Bytes.Unsent);
        if (now.Oldest is { } oldest)
        {
            json.WriteNumber("oldestSeconds", Seconds(oldest));
        }
        WriteEnds(json, now);
        if (last is not null)
        {
            WriteRates(json, now, last);
        }
        WritePeers(json, now);
    });

    private static void WriteEnds(Utf8JsonWriter json, ServerSnapshot now)
    {
        json.WriteStartObject("ends");
        foreach (var reason in ServedTotals.Reasons)
        {
            if (now.Ended[(int)reason] is > 0 and var count)
            {
                json.WriteNumber(reason.ToString(), count);
            }
        }
        json.WriteEndObject();
    }

    private static void WriteRates(Utf8JsonWriter json, ServerSnapshot now, ServerSnapshot last)
    {
        var seconds = (now.At - last.At).TotalSeconds;
        if (seconds <= 0)
        {
            return;
        }
        json.WriteStartObject("perSecond");
        json.WriteNumber("accepted", Rate(now.Accepted - last.Accepted));
        json.WriteNumber("ended", Rate(now.Ended.Sum() - last.Ended.Sum()));
        json.WriteNumber("bytesIn", Rate(now.Bytes.Received - last.Bytes.Received));
        json.WriteNumber("bytesOut", Rate(now.Bytes.Sent - last.Bytes.Sent));
        json.WriteEndObject();

        double Rate(long count) => Math.Round(count / seconds, 1);
    }

    private static void WritePeers(Utf8JsonWriter json, ServerSnapshot now)
    {
        json.WriteStartArray("peers");
        foreach (var peer in now.Peers)
        {
            json.WriteStartObject();
            json.WriteNumber("id", peer.Id);
            json.WriteString("address", peer.Address.ToString());
            json.WriteString("state", States[(int)peer.State]);
            json.WriteNumber("ageSeconds", Seconds(peer.Age));
            json.WriteNumber("unsent", peer.Bytes.Unsent);
            json.WriteNumber("bytesIn", peer.Bytes.Received);
            json.WriteNumber("bytesOut", peer.Bytes.Sent);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static double Seconds(TimeSpan time) => Math.Round(time.TotalSeconds, 3);

    private static ReadOnlySpan<byte> Write(Action<Utf8JsonWriter> fields)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            fields(json);
            json.WriteEndObject();
        }
        return line.WrittenSpan;
    }
}
