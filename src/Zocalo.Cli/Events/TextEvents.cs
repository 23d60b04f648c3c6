using System.Net.Sockets;
using System.Text;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>Events as lines for people.</summary>
internal sealed class TextEvents : Events
{
    private readonly Volume _connections;
    private readonly ConnectionLines _lines;

    /// <param name="volume">How much to say.</param>
    /// <param name="connections">From which volume on connections are reported: for a server always, else with <c>-v</c>.</param>
    /// <param name="whenFull">What to do when lines come faster than they are read.</param>
    public TextEvents(Volume volume, Volume connections, WhenFull whenFull = WhenFull.LeaveOut) : base(volume, whenFull)
    {
        _connections = connections;
        _lines = new ConnectionLines(TimeProvider.System, line => Report(_connections, line));
        Output.Ending += _lines.Conclude;
    }

    /// <summary>Writes a text to standard output.</summary>
    public static int Print(string text)
    {
        try
        {
            StandardStream.Output.Write(text);
        }
        catch (BrokenPipeException)
        {
            // The reader has what it wanted.
        }
        catch (IOException failure)
        {
            return new TextEvents(Volume.Normal, Volume.Normal).Fail(
                new ToolException($"cannot write to standard output ({failure.Message})", ExitCode.Usage));
        }
        return ExitCode.Done;
    }

    public override void Listening(Address address, Engine engine) =>
        Report(Volume.Normal, $"listening on {address} ({PeerName.Reach(address)}; engine: {engine.Name})");

    public override void Limits(SocketServer server, TimeSpan writeStall, FrameFormat? messages)
    {
        var engine = server.Engine;
        var cure = server.LimitedBy switch
        {
            ConnectionLimit.Setting => "",
            ConnectionLimit.Engine => $" (the engine {engine.Name} watches descriptors below 1024; --engine epoll serves more)",
            _ when engine.Capabilities.HasFlag(EngineCapabilities.ThreadPerConnection) =>
                $" (the descriptor limit, and the engine {engine.Name} takes more than one for each; 'ulimit -n' raises it)",
            _ => " (the descriptor limit; 'ulimit -n' raises it)",
        };
        var count = server.MaxConnections == int.MaxValue ? "any number of connections" : $"{Count(server.MaxConnections)} at once";
        var stall = $"a peer that takes nothing for {Duration.Format(writeStall)} is cut";
        var longest = messages is null ? "" : $"; {messages.Name} messages of at most {messages.MaxFrameLength} bytes";
        Report(Volume.Verbose, $"limits: {count}{cure}; {stall}{longest}");
    }

    public override void Connected(Connection connection, Engine engine, Origin origin)
    {
        if (Volume >= _connections && _lines.Connected())
        {
            Report(_connections, origin == Origin.Peers
                ? $"connected by {PeerName.Of(connection)}"
                : $"connected to {connection.RemoteAddress}{From(connection.LocalAddress)} (engine: {engine.Name})");
        }
    }

    public override void Closed(Connection connection, ConnectionEnd end)
    {
        if (Volume >= _connections && _lines.Closed(end.Reason))
        {
            var problem = end.Exception is FrameException broken ? $"; {broken.Message}" : "";
            Report(_connections, $"closed {PeerName.Of(connection)}: {end}{problem}");
        }
    }

    public override void Frame(FrameEvent frame)
    {
        if (Volume == Volume.Verbose)
        {
            var what = frame.Connection is var (_, peer) ? $"{(frame.IsSent ? "to" : "from")} {peer}" : $"at byte {frame.Offset}";
            var when = frame.Connection is null ? "" : $", {frame.Time:HH:mm:ss.fff}";
            Report(Volume.Verbose, $"frame {frame.Number} {what}: {Count(frame.Bytes, "byte")}{when}");
        }
    }

    public override void Draining(int connections, TimeSpan limit) => Report(
        Volume.Normal,
        $"draining {Count(connections)}; {Duration.Format(limit)} at most, Ctrl-C again aborts {(connections == 1 ? "it" : "them")}");

    public override void Log(LogLevel level, string message)
    {
        var kind = level >= LogLevel.Error ? "error" : level == LogLevel.Warning ? "warning" : "note";
        Write(Line($"{kind}: {message}"), isError: level >= LogLevel.Error);
    }

    /// <summary><c>1 connection</c>, <c>2 connections</c>.</summary>
    internal static string Count(long number, string of = "connection") => $"{number} {of}{(number == 1 ? "" : "s")}";

    protected override void Error(string message, int exitCode, SocketError? cause)
    {
        _lines.Conclude();
        Write(Line($"zocalo: {message}"), isError: true);
    }

    protected override byte[] LeftOut(long count) => Line($"left out, since standard error was not read: {Count(count, "line")}");

    // A Unix client seldom has a name of its own.
    private static string From(Address local) => local is UnixAddress { IsUnnamed: true } ? "" : $" from {PeerName.Of(local)}";

    private static byte[] Line(string text) => Encoding.UTF8.GetBytes(ByteText.OneLine(text) + "\n");

    private void Report(Volume from, string line)
    {
        if (Volume >= from)
        {
            Write(Line(line), isError: false);
        }
    }
}

/// <summary>The short name of a peer in a line for people: <c>127.0.0.1:52114</c>, <c>[::1]:52114</c>, <c>unix:/run/x</c>.</summary>
internal static class PeerName
{
    private const string Tcp = "tcp://";

    // A Unix client seldom has a name of its own; the connection's number tells its two lines from the others'.
    public static string Of(Connection connection) => connection.RemoteAddress is UnixAddress { IsUnnamed: true }
        ? $"unix client {connection.Id}"
        : Of(connection.RemoteAddress);

    public static string Of(Address address)
    {
        var text = address.ToString();
        return text.StartsWith(Tcp, StringComparison.Ordinal) ? text[Tcp.Length..] : text;
    }

    /// <summary>Who can reach a listener, in words.</summary>
    public static string Reach(Address address) => address.Reach switch
    {
        Zocalo.Reach.ThisMachine => "this machine only",
        Zocalo.Reach.OneInterface => "one interface",
        Zocalo.Reach.AnyInterface => "any interface",
        _ => "reach unknown",
    };
}
