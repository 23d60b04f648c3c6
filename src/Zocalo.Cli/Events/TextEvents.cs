using System.Globalization;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>Events as lines for people.</summary>
/// <param name="volume">How much to say.</param>
/// <param name="connections">The volume at which connections are news: always for a server, with <c>-v</c> for <c>connect</c>.</param>
internal sealed class TextEvents(Volume volume, Volume connections) : IEvents
{
    public Volume Volume => volume;

    public void Listening(Address address, Engine engine) =>
        Tell(Volume.Normal, $"listening on {address} ({PeerName.Reach(address)}; engine: {engine.Name})");

    public void Limits(AppliedLimits limits)
    {
        string cure = limits switch
        {
            { LoweredBy: null } => "",
            { LoweredBy: Shortage.Engine } => $" (the engine {limits.Engine.Name} watches descriptors below 1024; --engine epoll serves more)",
            { Engine.Name: "threads" } => " (the descriptor limit, and the engine threads takes more than one for each; 'ulimit -n' raises it)",
            _ => " (the descriptor limit; 'ulimit -n' raises it)",
        };
        string count = limits.Connections == int.MaxValue ? "any number of connections" : string.Create(CultureInfo.InvariantCulture, $"{limits.Connections} {(limits.Connections == 1 ? "connection" : "connections")} at once");
        string stall = limits.WriteStall == Timeout.InfiniteTimeSpan
            ? "a peer that takes nothing is waited for"
            : $"a peer that takes nothing for {Duration.Format(limits.WriteStall)} is cut";
        string messages = limits.Messages is { } format ? string.Create(CultureInfo.InvariantCulture, $"; {format.Name} messages of at most {format.MaxFrameLength} bytes") : "";
        Tell(Volume.Normal, $"limits: {count}{cure}; {stall}{messages}");
    }

    public void Connected(Connection connection, Engine engine, Origin origin)
    {
        if (volume >= connections)
        {
            Tell(connections, origin == Origin.Peers
                ? $"connected by {PeerName.Of(connection)}"
                : $"connected to {connection.RemoteAddress}{From(connection.LocalAddress)} (engine: {engine.Name})");
        }
    }

    public void Closed(Connection connection, ConnectionEnd end)
    {
        if (volume >= connections)
        {
            string problem = end.Exception is FrameException broken ? $"; {broken.Message}" : "";
            Tell(connections, $"closed {PeerName.Of(connection)}: {end}{problem}");
        }
    }

    public void Frame(FrameNews frame)
    {
        if (volume == Volume.Verbose)
        {
            string what = frame.Connection is var (_, peer) ? $"{(frame.IsSent ? "to" : "from")} {peer}" : $"at byte {frame.Offset}";
            string when = frame.Connection is null ? "" : string.Create(CultureInfo.InvariantCulture, $", {frame.Time:HH:mm:ss.fff}");
            Tell(Volume.Verbose, string.Create(CultureInfo.InvariantCulture, $"frame {frame.Number} {what}: {frame.Bytes} {(frame.Bytes == 1 ? "byte" : "bytes")}{when}"));
        }
    }

    public void Draining(int connections) =>
        Tell(Volume.Normal, $"draining {connections} {(connections == 1 ? "connection" : "connections")}; press Ctrl-C again to exit at once");

    public void Log(LogLevel level, string message) =>
        Tell(Volume.Quiet, $"{(level >= LogLevel.Error ? "error" : level == LogLevel.Warning ? "warning" : "note")}: {message}");

    public void Error(string message, int exitCode, SocketError? cause = null) => Tell(Volume.Quiet, $"zocalo: {message}");

    // A Unix client seldom has a name of its own.
    private static string From(Address local) => local is UnixAddress { IsUnnamed: true } ? "" : $" from {PeerName.Of(local)}";

    private void Tell(Volume from, string line)
    {
        if (volume < from)
        {
            return;
        }

        try
        {
            StandardStream.Error.Write(ByteText.OneLine(line) + "\n");
        }
        catch (IOException)
        {
            // Nobody reads standard error, and there is nowhere left to say so.
        }
    }
}
