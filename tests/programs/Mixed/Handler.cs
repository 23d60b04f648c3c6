using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using Zocalo;

/// <summary>The server's handler: reads a request, does its work, answers; in order, one after the other.</summary>
internal sealed class Handler(Works works)
{
    private long _connections;

    internal long Connections => _connections;

    internal HomeCounts Homes { get; } = new();

    /// <summary>What each connection's handler is at: of one that has not ended, what it hangs in.</summary>
    internal ConcurrentDictionary<long, Work> Current { get; } = new();

    internal async Task ServeAsync(Connection connection, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _connections);
        var home = new Home(Homes);
        try
        {
            while (await home.AwaitAsync(ReadRequestAsync(connection.Input, cancellationToken)) is { } request)
            {
                Current[connection.Id] = request.Work;
                home.HasBlocked |= request.Blocks;
                if (await home.AwaitAsync(AnswerAsync(connection.Input, request, home, cancellationToken)) is not { } answer)
                {
                    return;
                }
                await home.AwaitAsync(connection.Output.WriteAsync(answer, cancellationToken).AsTask());
                Current[connection.Id] = Work.Nothing;
            }
        }
        finally
        {
            Current.TryRemove(connection.Id, out _);
        }
    }

    /// <returns>Null when the client hung up before the request was complete.</returns>
    private async Task<byte[]?> AnswerAsync(PipeReader input, Request request, Home home, CancellationToken cancellationToken)
    {
        var result = request.Work == Work.Elsewhere
            ? await ReadElsewhereAsync(input, request, cancellationToken).ConfigureAwait(false)
            : await works.DoAsync(request, home);
        return result is { } number ? request.AnswerWith(number) : null;
    }

    private static async Task<ulong?> ReadElsewhereAsync(PipeReader input, Request request, CancellationToken cancellationToken)
    {
        await Task.Delay(request.Time, cancellationToken).ConfigureAwait(false);
        return await ReadAsync(input, request.TailLength, cancellationToken).ConfigureAwait(false) is { } tail
            ? request.ResultWith(tail)
            : null;
    }

    private static async Task<Request?> ReadRequestAsync(PipeReader input, CancellationToken cancellationToken) =>
        await ReadAsync(input, Request.HeaderLength, cancellationToken) is { } header
        && await ReadAsync(input, Request.PayloadLengthOf(header), cancellationToken) is { } payload
            ? new Request(header, payload)
            : null;

    private static async ValueTask<byte[]?> ReadAsync(PipeReader input, int length, CancellationToken cancellationToken)
    {
        if (length == 0)
        {
            return [];
        }
        var read = await input.ReadAtLeastAsync(length, cancellationToken);
        if (read.Buffer.Length < length)
        {
            input.AdvanceTo(read.Buffer.End);
            return null;
        }
        var bytes = read.Buffer.Slice(0, length).ToArray();
        input.AdvanceTo(read.Buffer.GetPosition(length));
        return bytes;
    }
}
