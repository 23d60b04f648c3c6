using System.Buffers;
using System.IO.Pipelines;
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
    public static ConnectionHandler For(EchoHandler handler, TimeSpan replyDelay, TimeProvider time)
    {
        if (replyDelay > TimeSpan.Zero)
        {
            return (connection, ct) => ReplyLateAsync(connection, replyDelay, time, ct);
        }
        return handler == EchoHandler.Plain
            ? PlainAsync
            : (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct);
    }

    /// <summary>As the others, but the first client's handler blocks its thread before each reply: what no handler should do, to see who
    /// suffers.</summary>
    public static ConnectionHandler BlockingFirst(ConnectionHandler others, TimeSpan block, Events events)
    {
        int served = 0;
        return (connection, ct) =>
            Interlocked.Increment(ref served) == 1 ? BlockAsync(connection, block, events, ct) : others(connection, ct);
    }

    /// <summary>What the blocking handler says each time before it blocks.</summary>
    public static string BlockingNews(TimeSpan block) => $"the first client's handler blocks its thread for {Duration.Format(block)}";

    /// <summary>Each message comes back when all of it is there.</summary>
    public static ConnectionHandler Framed(FrameFormat format, Events events) => async (connection, ct) =>
    {
        FramedConnection<Frame, Frame> peer = connection.AsFramed(format);
        var report = new FrameReport(events, connection);
        await foreach (Frame frame in peer.ReadAllAsync(ct))
        {
            report.Received(frame.Length);
            await peer.SendAsync(frame, ct);
        }
    };

    private static async Task PlainAsync(Connection connection, CancellationToken ct)
    {
        while (true)
        {
            ReadResult read = await connection.Input.ReadAsync(ct);
            foreach (ReadOnlyMemory<byte> segment in read.Buffer)
            {
                segment.Span.CopyTo(connection.Output.GetSpan(segment.Length));
                connection.Output.Advance(segment.Length);
            }
            FlushResult flushed = await connection.Output.FlushAsync(ct);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted || flushed.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task BlockAsync(Connection connection, TimeSpan block, Events events, CancellationToken ct)
    {
        ReadResult read = await connection.Input.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            if (events.Volume > Volume.Quiet)
            {
                events.Log(LogLevel.Information, BlockingNews(block));
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
    private static async Task ReplyLateAsync(Connection connection, TimeSpan delay, TimeProvider time, CancellationToken ct)
    {
        ReadResult read = await connection.Input.ReadAsync(ct);
        while (!read.IsCompleted)
        {
            connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            read = await connection.Input.ReadAsync(ct);
        }
        await Task.Delay(delay, time, ct);
        foreach (ReadOnlyMemory<byte> segment in read.Buffer)
        {
            await connection.Output.WriteAsync(segment, ct);
        }
        connection.Input.AdvanceTo(read.Buffer.End);
    }
}
