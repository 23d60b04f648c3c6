using System.IO.Pipelines;

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

    /// <summary>Each message comes back when all of it is there.</summary>
    public static ConnectionHandler Framed(FrameFormat format, IEvents events, TimeProvider time) => async (connection, ct) =>
    {
        FramedConnection<Frame, Frame> peer = connection.AsFramed(format);
        var report = new FrameReport(events, connection, time);
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
