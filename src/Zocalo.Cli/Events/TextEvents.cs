using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>Events as lines for people.</summary>
internal sealed class TextEvents : IEvents
{
    private readonly Volume _connections;
    private readonly WhenFull _whenFull;
    private readonly EventOutput _output = EventOutput.Standard;
    private readonly ConnectionLines _lines;

    /// <param name="volume">How much to say.</param>
    /// <param name="connections">The volume at which connections are news: always for a server, with <c>-v</c> for <c>connect</c>.</param>
    /// <param name="whenFull">What to do when lines come faster than they are read.</param>
    public TextEvents(Volume volume, Volume connections, WhenFull whenFull = WhenFull.LeaveOut)
    {
        Volume = volume;
        _connections = connections;
        _whenFull = whenFull;
        _lines = new ConnectionLines(TimeProvider.System, line => Tell(_connections, line));
        _output.Ending += _lines.Conclude;
    }

    public Volume Volume { get; }

    public void Listening(Address address, Engine engine) =>
        Tell(Volume.Normal, $"listening on {address} ({PeerName.Reach(address)}; engine: {engine.Name})");

    public void Limits(AppliedLimits limits)
    {
        string cure = limits.LimitedBy switch
        {
            ConnectionLimit.Setting => "",
            ConnectionLimit.Engine => $" (the engine {limits.Engine.Name} watches descriptors below 1024; --engine epoll serves more)",
            _ when limits.Engine.Capabilities.HasFlag(EngineCapabilities.ThreadPerConnection) =>
                $" (the descriptor limit, and the engine {limits.Engine.Name} takes more than one for each; 'ulimit -n' raises it)",
            _ => " (the descriptor limit; 'ulimit -n' raises it)",
        };
        string count = limits.Connections == int.MaxValue ? "any number of connections" : $"{Count(limits.Connections)} at once";
        string stall = limits.WriteStall == Timeout.InfiniteTimeSpan
            ? "a peer that takes nothing is waited for"
            : $"a peer that takes nothing for {Duration.Format(limits.WriteStall)} is cut";
        string messages = limits.Messages is { } format
            ? string.Create(CultureInfo.InvariantCulture, $"; {format.Name} messages of at most {format.MaxFrameLength} bytes")
            : "";
        Tell(Volume.Verbose, $"limits: {count}{cure}; {stall}{messages}");
    }

    public void Connected(Connection connection, Engine engine, Origin origin)
    {
        if (Volume >= _connections && _lines.Connected())
        {
            Tell(_connections, origin == Origin.Peers
                ? $"connected by {PeerName.Of(connection)}"
                : $"connected to {connection.RemoteAddress}{From(connection.LocalAddress)} (engine: {engine.Name})");
        }
    }

    public void Closed(Connection connection, ConnectionEnd end)
    {
        if (Volume >= _connections && _lines.Closed(end.Reason))
        {
            string problem = end.Exception is FrameException broken ? $"; {broken.Message}" : "";
            Tell(_connections, $"closed {PeerName.Of(connection)}: {end}{problem}");
        }
    }

    public void Frame(FrameNews frame)
    {
        if (Volume == Volume.Verbose)
        {
            string what = frame.Connection is var (_, peer) ? $"{(frame.IsSent ? "to" : "from")} {peer}" : $"at byte {frame.Offset}";
            string when = frame.Connection is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {frame.Time:HH:mm:ss.fff}");
            Tell(
                Volume.Verbose,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"frame {frame.Number} {what}: {frame.Bytes} {(frame.Bytes == 1 ? "byte" : "bytes")}{when}"));
        }
    }

    public void Draining(int connections, TimeSpan limit) =>
        Tell(
            Volume.Normal,
            $"draining {Count(connections)}; {Duration.Format(limit)} at most, Ctrl-C again aborts {(connections == 1 ? "it" : "them")}");

    public void Log(LogLevel level, string message)
    {
        string line = $"{(level >= LogLevel.Error ? "error" : level == LogLevel.Warning ? "warning" : "note")}: {message}";
        Write(Volume.Quiet, line, isError: level >= LogLevel.Error);
    }

    public void Error(string message, int exitCode, SocketError? cause = null)
    {
        _lines.Conclude();
        Write(Volume.Quiet, $"zocalo: {message}", isError: true);
    }

    /// <summary><c>1 connection</c>, <c>2 connections</c>.</summary>
    internal static string Count(int connections) =>
        string.Create(CultureInfo.InvariantCulture, $"{connections} {(connections == 1 ? "connection" : "connections")}");

    // A Unix client seldom has a name of its own.
    private static string From(Address local) => local is UnixAddress { IsUnnamed: true } ? "" : $" from {PeerName.Of(local)}";

    private static byte[] LeftOut(long count) =>
        Line(string.Create(
            CultureInfo.InvariantCulture,
            $"left out, since standard error was not read: {count} {(count == 1 ? "line" : "lines")}"));

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(ByteText.OneLine(text) + "\n");

    private void Tell(Volume from, string line) => Write(from, line, isError: false);

    private void Write(Volume from, string line, bool isError)
    {
        if (Volume < from)
        {
            return;
        }
        if (isError)
        {
            _output.AddError(Line(line), LeftOut);
        }
        else
        {
            _output.Add(Line(line), LeftOut, _whenFull);
        }
    }
}
