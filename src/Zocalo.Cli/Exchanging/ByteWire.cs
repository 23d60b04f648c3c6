using System.IO.Pipelines;

namespace Zocalo.Cli;

/// <summary>Bytes without boundaries, as TCP has them.</summary>
internal sealed class ByteWire(Connection connection, PayloadPrinter printer) : IWire
{
    public Connection Connection => connection;

    public async ValueTask SendAsync(ReadOnlyMemory<byte> chunk) => await connection.Output.WriteAsync(chunk, CancellationToken.None);

    public ValueTask CompleteOutputAsync() => connection.CompleteOutputAsync(CancellationToken.None);

    public async Task ShowAllAsync(CancellationToken enough)
    {
        while (true)
        {
            ReadResult result = await connection.Input.ReadAsync(enough);
            printer.Print(result.Buffer);
            connection.Input.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
            {
                return;
            }
        }
    }
}
