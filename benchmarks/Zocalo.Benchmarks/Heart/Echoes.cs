using Zocalo.Engines.Loops;
using Zocalo.Engines.Polling;

namespace Zocalo.Benchmarks.Heart;

/// <summary>Handlers that send back what they receive, each in another of the library's ways.</summary>
internal static class Echoes
{
    internal static Task CopyAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.Input.CopyToAsync(connection.Output, cancellationToken);

    internal static async Task BytesAsync(Connection connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await connection.SendAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    internal static async Task PlainAsync(Connection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            foreach (var segment in read.Buffer)
            {
                segment.Span.CopyTo(connection.Output.GetSpan(segment.Length));
                connection.Output.Advance(segment.Length);
            }
            await connection.Output.FlushAsync(cancellationToken);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    internal static async Task FramedAsync(Connection connection, CancellationToken cancellationToken)
    {
        await using var framed = connection.AsFramed(Frames.Fixed(Messages.Length));
        await foreach (var frame in framed.ReadAllAsync(cancellationToken))
        {
            await framed.SendAsync(frame, cancellationToken);
        }
    }
}

/// <summary>The floor: an echo that is no connection, only a callback of the loop that makes the two calls itself.</summary>
internal sealed class BareEcho(Loop loop, int socket) : ILoopWork, IRegistered
{
    private readonly byte[] _buffer = new byte[4096];

    void ILoopWork.RunOnLoop() => loop.Register(socket, this, Readiness.Readable);

    void IRegistered.OnReady(Readiness readiness)
    {
        var received = loop.Calls.Receive(socket, _buffer);
        loop.Calls.Send(socket, _buffer.AsSpan(0, received.Bytes));
    }
}
