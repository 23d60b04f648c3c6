using System.IO.Pipelines;

namespace Zocalo.Cli;

/// <summary>
/// <c>--send-only</c>: bytes, or messages in frames, to the peer; what it sends is received and thrown away, for a peer that cannot
/// send would stop to read as well.
/// </summary>
internal sealed class SendOnlyWire(Connection connection, FrameFormat? format, FrameReport report, TimeProvider time) : IWire
{
    private long _heard = time.GetTimestamp();

    public Connection Connection => connection;

    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heard));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> chunk)
    {
        if (format is null)
        {
            await connection.Output.WriteAsync(chunk, CancellationToken.None);
            return;
        }
        format.Encode(chunk.Span, connection.Output);
        await connection.Output.FlushAsync(CancellationToken.None);
        report.Sent(chunk.Length);
    }

    public ValueTask CompleteOutputAsync() => connection.CompleteOutputAsync(CancellationToken.None);

    public async Task ShowAllAsync(CancellationToken ct)
    {
        while (true)
        {
            ReadResult result = await connection.Input.ReadAsync(ct);
            Volatile.Write(ref _heard, time.GetTimestamp());
            connection.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
