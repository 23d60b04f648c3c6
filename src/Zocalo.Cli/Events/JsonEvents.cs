using System.Buffers;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>Events as JSON, one object a line; <c>zocalo connect --help</c> names them. All of them, unless <c>-q</c> leaves errors only: a
/// program sorts out what it needs; messages only with <c>-v</c>.</summary>
internal sealed class JsonEvents(Volume volume, WhenFull whenFull = WhenFull.LeaveOut) : Events(volume, whenFull)
{
    public override void Listening(Address address, Engine engine) => Report(
        "listening", ("address", address.ToString()), ("reach", address.Reach.ToString()), ("engine", engine.Name));

    public override void Limits(SocketServer server, TimeSpan writeStall, FrameFormat? messages)
    {
        var isLowered = server.LimitedBy != ConnectionLimit.Setting;
        Report(
            "limits",
            ("connections", server.MaxConnections == int.MaxValue ? null : server.MaxConnections),
            ("lowered", isLowered),
            ("loweredBy", isLowered ? server.LimitedBy.ToString() : null),
            ("writeStallSeconds", writeStall.TotalSeconds),
            ("frame", messages?.Name),
            ("maxFrameLength", messages?.MaxFrameLength));
    }

    public override void Connected(Connection connection, Engine engine, Origin origin) => Report(
        "connected",
        ("id", connection.Id),
        ("side", origin == Origin.Peers ? "server" : "client"),
        ("local", connection.LocalAddress.ToString()),
        ("remote", connection.RemoteAddress.ToString()),
        ("engine", engine.Name));

    public override void Closed(Connection connection, ConnectionEnd end) => Report(
        "closed",
        ("id", connection.Id),
        ("local", connection.LocalAddress.ToString()),
        ("remote", connection.RemoteAddress.ToString()),
        ("reason", end.Reason.ToString()),
        ("input", end.Input.ToString()),
        ("output", end.Output.ToString()),
        ("bytesIn", end.BytesReceived),
        ("bytesOut", end.BytesSent),
        ("deadline", end.Deadline?.ToString()),
        ("socketError", end.SocketError?.ToString()),
        ("problem", (end.Exception as FrameException)?.Message));

    public override void Frame(FrameEvent frame)
    {
        if (Volume == Volume.Verbose)
        {
            Report(
                "frame",
                ("id", frame.Connection?.Id),
                ("way", frame.Connection is null ? null : frame.IsSent ? "sent" : "received"),
                ("number", frame.Number),
                ("bytes", frame.Bytes),
                ("offset", frame.Offset),
                ("time", frame.Connection is null ? null : frame.Time));
        }
    }

    public override void Draining(int connections, TimeSpan limit) =>
        Report("draining", ("connections", connections), ("limitSeconds", limit.TotalSeconds));

    public override void Log(LogLevel level, string message)
    {
        if (Volume > Volume.Quiet || level >= LogLevel.Error)
        {
            Write(Line("log", ("level", level.ToString()), ("message", message)), level >= LogLevel.Error);
        }
    }

    protected override void Error(string message, int exitCode, SocketError? cause) => Write(
        Line("error", ("message", message), ("exitCode", exitCode), ("socketError", cause?.ToString())), isError: true);

    protected override byte[] LeftOut(long count) => Line("dropped", ("count", count));

    private void Report(string name, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        if (Volume > Volume.Quiet)
        {
            Write(Line(name, fields), isError: false);
        }
    }

    // A field that does not apply is left out.
    private static byte[] Line(string name, params ReadOnlySpan<(string Name, object? Value)> fields)
    {
        var line = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(line))
        {
            json.WriteStartObject();
            json.WriteString("event", name);
            foreach (var (field, value) in fields)
            {
                switch (value)
                {
                    case string text: json.WriteString(field, text); break;
                    case bool fact: json.WriteBoolean(field, fact); break;
                    case int number: json.WriteNumber(field, number); break;
                    case long number: json.WriteNumber(field, number); break;
                    case double number: json.WriteNumber(field, number); break;
                    case DateTimeOffset time: json.WriteString(field, time); break;
                }
            }
            json.WriteEndObject();
        }
        line.Write("\n"u8);
        return line.WrittenSpan.ToArray();
    }
}
