using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>The copying read that <see cref="Connection.ReceiveAsync"/> and the stream share.</summary>
internal static class ReceiveExtensions
{
    internal static ValueTask<int> ReceiveAsync(this PipeReader input, Memory<byte> into, CancellationToken cancellationToken)
    {
        var read = input.ReadAsync(cancellationToken);
        return read.IsCompletedSuccessfully ? new(Take(input, read.Result, into.Span)) : Await(input, read, into);

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        static async ValueTask<int> Await(PipeReader input, ValueTask<ReadResult> read, Memory<byte> into) =>
            Take(input, await read.ConfigureAwait(false), into.Span);
    }

    private static int Take(PipeReader input, ReadResult result, Span<byte> into)
    {
        var some = result.Buffer.Slice(0, Math.Min(result.Buffer.Length, into.Length));
        some.CopyTo(into);
        input.AdvanceTo(some.End);
        return some.IsEmpty && !result.IsCompleted
            ? throw new OperationCanceledException("The read was cancelled by CancelPendingRead.")
            : (int)some.Length;
    }
}
