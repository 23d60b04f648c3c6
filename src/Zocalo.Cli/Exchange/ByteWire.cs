using System.IO.Pipelines;

namespace Zocalo.Cli;

/// <summary>Bytes without boundaries, as TCP has them.</summary>
internal sealed class ByteWire(Connection connection, PayloadPrinter printer, TimeProvider time) : IWire
{
    private long _heard = time.GetTimestamp();

    public Connection Connection => connection;

    public TimeSpan Silence => time.GetElapsedTime(Volatile.Read(ref _heard));

    public async ValueTask SendAsync(ReadOnlyMemory<byte> chunk) => await connection.Output.WriteAsync(chunk, CancellationToken.None);

    public ValueTask CompleteOutputAsync() => connection.CompleteOutputAsync(CancellationToken.None);

    public async Task ShowAllAsync(CancellationToken ct)
    {
        try
        {
            while (true)
            {
                ReadResult result = await connection.Input.ReadAsync(ct);
                Volatile.Write(ref _heard, time.GetTimestamp());
                printer.Print(result.Buffer);
                connection.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                {
                    return;
                }
            }
        }
        finally
        {
            // Also when the connection breaks: that much had come.
            printer.End();
        }
    }
}
