namespace Zocalo.Cli;

/// <summary>Messages: each chunk of the source is one, and each one that comes is a line.</summary>
internal sealed class FrameWire(FramedConnection<Frame, Frame> peer, FramePrinter printer, FrameReport report, TimeProvider time) : IWire
{
    private long _heard = time.GetTimestamp();

    public Connection Connection => peer.Connection;

    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heard));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> chunk)
    {
        await peer.SendAsync(chunk, CancellationToken.None);
        report.Sent(chunk.Length);
    }

    public ValueTask CompleteOutputAsync() => peer.CompleteOutputAsync(CancellationToken.None);

    public async Task ShowAllAsync(CancellationToken ct)
    {
        while (await peer.WaitToReadAsync(ct))
        {
            Volatile.Write(ref _heard, time.GetTimestamp());
            try
            {
                while (peer.TryRead(out Frame frame))
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
