using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>The ways to write an echo. They must cost the same: no call of the library is special.</summary>
internal enum EchoHandler
{
    /// <summary>One call.</summary>
    Copy,

    /// <summary>The loop that a protocol of one's own would have.</summary>
    Plain,
}

/// <summary>The handlers of <c>zocalo echo</c>, as a user of the library would write them.</summary>
internal static class EchoHandlers
{
    /// <summary>The one that the command line asks for.</summary>
    public static ConnectionHandler For(EchoArguments arguments, Events events)
    {
        ConnectionHandler echo =
            arguments.Format is { } format ? (connection, ct) => EchoMessagesAsync(connection, format, events, ct)
            : arguments.ReplyDelay > TimeSpan.Zero ? (connection, ct) => ReplyLateAsync(connection, arguments.ReplyDelay, ct)
            : arguments.Handler == EchoHandler.Plain ? EchoPlainlyAsync
            : static (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct);
        if (arguments.BlockFirst == TimeSpan.Zero)
        {
            return echo;
        }
        // What no handler should do, to see who suffers.
        var served = 0;
        return (connection, ct) => Interlocked.Increment(ref served) == 1
            ? BlockAsync(connection, arguments.BlockFirst, events, ct)
            : echo(connection, ct);
    }

    /// <summary>What the blocking handler says each time before it blocks.</summary>
    public static string BlockingMessage(TimeSpan block) => $"the first client's handler blocks its thread for {Duration.Format(block)}";

    // Each message comes back when all of it is there.
    private static async Task EchoMessagesAsync(Connection connection, FrameFormat format, Events events, CancellationToken ct)
    {
        var peer = connection.AsFramed(format);
        var report = new FrameReport(events, connection);
        await foreach (var frame in peer.ReadAllAsync(ct))
        {
            report.Received(frame.Length);
            await peer.SendAsync(frame, ct);
        }
    }

    private static async Task EchoPlainlyAsync(Connection connection, CancellationToken ct)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(ct);
            foreach (var segment in read.Buffer)
            {
                segment.Span.CopyTo(connection.Output.GetSpan(segment.Length));
                connection.Output.Advance(segment.Length);
            }
            var flushed = await connection.Output.FlushAsync(ct);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || flushed.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task BlockAsync(Connection connection, TimeSpan block, Events events, CancellationToken ct)
    {
        var read = await connection.Input.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            if (events.Volume > Volume.Quiet)
            {
                events.Log(LogLevel.Information, BlockingMessage(block));
            }
#pragma warning disable RS0030 // Waiting in the way that is banned is what this handler is for.
            Thread.Sleep(block);
#pragma warning restore RS0030
            await connection.Output.WriteAsync(read.Buffer.ToArray(), ct);
            connection.Input.AdvanceTo(read.Buffer.End);
            read = await connection.Input.ReadAsync(ct);
        }
    }

    // Examined and not consumed: the connection's receive limit bounds what is collected.
    private static async Task ReplyLateAsync(Connection connection, TimeSpan delay, CancellationToken ct)
    {
        var read = await connection.Input.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await connection.Input.ReadAsync(ct);
        }
        await Task.Delay(delay, TimeProvider.System, ct);
        foreach (var segment in read.Buffer)
        {
            await connection.Output.WriteAsync(segment, ct);
        }
        connection.Input.AdvanceTo(read.Buffer.End);
    }
}
