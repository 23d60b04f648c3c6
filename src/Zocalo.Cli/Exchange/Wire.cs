namespace Zocalo.Cli;

/// <summary>
/// A connection as an <see cref="Exchange"/> uses it: bytes as they come (<see cref="ByteWire"/>), or messages (<see cref="FrameWire"/>).
/// </summary>
internal abstract class Wire(Connection connection)
{
    private long _heard = TimeProvider.System.GetTimestamp();

    public Connection Connection => connection;

    /// <summary>For how long the peer has sent nothing. From any thread.</summary>
    public TimeSpan Silence => TimeProvider.System.GetElapsedTime(Volatile.Read(ref _heard));

    /// <summary>Sends what a source gave: some bytes, or one message.</summary>
    /// <exception cref="ArgumentException">It cannot be a message of the format; nothing of it is sent.</exception>
    public abstract ValueTask SendAsync(ReadOnlyMemory<byte> chunk);

    /// <summary>Our direction ends (FIN); receiving continues.</summary>
    public virtual ValueTask CompleteOutputAsync() => connection.CompleteOutputAsync(CancellationToken.None);

    /// <summary>Shows what comes, until the peer finishes.</summary>
    /// <exception cref="FrameException">The peer broke the format, or finished inside a message.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="ct"/> fired.</exception>
    public abstract Task ShowAllAsync(CancellationToken ct);

    protected void Heard() => Volatile.Write(ref _heard, TimeProvider.System.GetTimestamp());
}

/// <summary>Bytes without boundaries, as TCP has them.</summary>
/// <param name="connection">The connection.</param>
/// <param name="printer">Null with <c>--send-only</c>: what comes is received and thrown away, for a peer that cannot send would stop to
/// read as well.</param>
/// <param name="format">With <c>--send-only</c>: that of the messages to send.</param>
/// <param name="report">Counts these messages.</param>
internal sealed class ByteWire(Connection connection, PayloadPrinter? printer, FrameFormat? format, FrameReport report) : Wire(connection)
{
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> chunk)
    {
        if (format is null)
        {
            await Connection.Output.WriteAsync(chunk, CancellationToken.None);
            return;
        }
        format.Encode(chunk.Span, Connection.Output);
        await Connection.Output.FlushAsync(CancellationToken.None);
        report.Sent(chunk.Length);
    }

    public override async Task ShowAllAsync(CancellationToken ct)
    {
        try
        {
            bool isLast;
            do
            {
                var result = await Connection.Input.ReadAsync(ct);
                Heard();
                printer?.Print(result.Buffer);
                Connection.Input.AdvanceTo(result.Buffer.End);
                isLast = result.IsCompleted;
            }
            while (!isLast);
        }
        finally
        {
            // Also when the connection breaks: that much had come.
            printer?.End();
        }
    }
}

/// <summary>Messages: each chunk of the source is one, and each one that comes is a line.</summary>
internal sealed class FrameWire(FramedConnection<Frame, Frame> peer, FramePrinter printer, FrameReport report) : Wire(peer.Connection)
{
    public override async ValueTask SendAsync(ReadOnlyMemory<byte> chunk)
    {
        await peer.SendAsync(chunk, CancellationToken.None);
        report.Sent(chunk.Length);
    }

    public override ValueTask CompleteOutputAsync() => peer.CompleteOutputAsync(CancellationToken.None);

    public override async Task ShowAllAsync(CancellationToken ct)
    {
        while (await peer.WaitToReadAsync(ct))
        {
            Heard();
            try
            {
                while (peer.TryRead(out var frame))
                {
                    report.Received(frame.Length);
                    printer.Print(frame);
                }
            }
            finally
            {
                // Also when the next one is corrupt: those before it had come.
                printer.Flush();
            }
        }
    }
}
