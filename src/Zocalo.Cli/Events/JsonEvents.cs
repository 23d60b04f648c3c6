using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>Events as JSON, one object a line. All of them, unless <c>-q</c> leaves errors only: a program sorts out what it needs;
/// messages only with <c>-v</c>.</summary>
/// <param name="volume">How much to say.</param>
/// <param name="whenFull">What to do when events come faster than they are read.</param>
internal sealed class JsonEvents(Volume volume, WhenFull whenFull = WhenFull.LeaveOut) : IEvents
{
    private readonly EventOutput _output = EventOutput.Standard;

    public Volume Volume => volume;

    public void Listening(Address address, Engine engine) =>
        Tell(new ListeningLine("listening", address.ToString(), address.Reach.ToString(), engine.Name), EventJson.Default.ListeningLine);

    public void Limits(AppliedLimits limits)
    {
        bool isLowered = limits.LimitedBy != ConnectionLimit.Setting;
        Tell(
            new LimitsLine(
                "limits",
                limits.Connections == int.MaxValue ? null : limits.Connections,
                isLowered,
                isLowered ? limits.LimitedBy.ToString() : null,
                limits.WriteStall == Timeout.InfiniteTimeSpan ? null : limits.WriteStall.TotalSeconds,
                limits.Messages?.Name,
                limits.Messages?.MaxFrameLength),
            EventJson.Default.LimitsLine);
    }

    public void Connected(Connection connection, Engine engine, Origin origin) => Tell(
        new ConnectedLine(
            "connected",
            connection.Id,
            origin == Origin.Peers ? "server" : "client",
            connection.LocalAddress.ToString(),
            connection.RemoteAddress.ToString(),
            engine.Name),
        EventJson.Default.ConnectedLine);

    public void Closed(Connection connection, ConnectionEnd end) => Tell(
        new ClosedLine(
            "closed",
            connection.Id,
            connection.LocalAddress.ToString(),
            connection.RemoteAddress.ToString(),
            end.Reason.ToString(),
            end.Input.ToString(),
            end.Output.ToString(),
            end.BytesReceived,
            end.BytesSent,
            end.Deadline?.ToString(),
            end.SocketError?.ToString(),
            (end.Exception as FrameException)?.Message),
        EventJson.Default.ClosedLine);

    public void Frame(FrameNews frame)
    {
        if (volume == Volume.Verbose)
        {
            string? way = frame.Connection is null ? null : frame.IsSent ? "sent" : "received";
            DateTimeOffset? time = frame.Connection is null ? null : frame.Time;
            Tell(
                new FrameLine("frame", frame.Connection?.Id, way, frame.Number, frame.Bytes, frame.Offset, time),
                EventJson.Default.FrameLine);
        }
    }

    public void Draining(int connections, TimeSpan limit) =>
        Tell(new DrainingLine("draining", connections, limit.TotalSeconds), EventJson.Default.DrainingLine);

    public void Log(LogLevel level, string message) =>
        Tell(new LogLine("log", level.ToString(), message), EventJson.Default.LogLine, level >= LogLevel.Error);

    public void Error(string message, int exitCode, SocketError? cause = null) =>
        Tell(new ErrorLine("error", message, exitCode, cause?.ToString()), EventJson.Default.ErrorLine, isError: true);

    private void Tell<TLine>(TLine line, JsonTypeInfo<TLine> type, bool isError = false)
    {
        if (volume == Volume.Quiet && !isError)
        {
            return;
        }

        if (isError)
        {
            _output.AddError(Line(line, type), Dropped);
        }
        else
        {
            _output.Add(Line(line, type), Dropped, whenFull);
        }
    }

    private static byte[] Dropped(long count) => Line(new DroppedLine("dropped", count), EventJson.Default.DroppedLine);

    private static byte[] Line<TLine>(TLine line, JsonTypeInfo<TLine> type) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(line, type), (byte)'\n'];
}
