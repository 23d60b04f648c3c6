using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>
/// The reader that the program holds. It passes every call to the core. It keeps the connection alive, which the core must not do. Misuse
/// throws at once; a broken connection fails the returned task.
/// </summary>
internal sealed class ConnectionReader(Connection connection) : PipeReader
{
    private ReadHalf Half => connection.Core.UnframedRead;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        connection.MayYield(Half.ReadAsync(connection, cancellationToken));

    public override bool TryRead(out ReadResult result) => Half.TryRead(out result);

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined) => Half.AdvanceTo(consumed, examined);

    public override void CancelPendingRead() => Half.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        var half = Half;
        if (exception is null)
        {
            half.Complete();
        }
        else
        {
            connection.Core.Fail(new Cause(EndReason.Aborted, Exception: exception));
        }
    }

    /// <summary>The same as in the base class, with a state machine a third smaller: it is most of the memory of a connection that waits
    /// for bytes to copy.</summary>
    public override Task CopyToAsync(PipeWriter destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        return cancellationToken.IsCancellationRequested ? Task.FromCanceled(cancellationToken) : CopyAsync(destination, cancellationToken);
    }

    private async Task CopyAsync(PipeWriter destination, CancellationToken cancellationToken)
    {
        while (await connection.MayYield(CopyOne(destination, cancellationToken)).ConfigureAwait(false))
        {
        }
    }

    /// <summary>
    /// Copies what is there and waits for more. Copying one piece needs no state machine if its write does not wait, and the wait needs
    /// none. So an idle connection has only the state machine of <see cref="CopyAsync"/>.
    /// </summary>
    /// <returns>False at the end of either.</returns>
    private ValueTask<bool> CopyOne(PipeWriter destination, CancellationToken cancellationToken)
    {
        if (!Half.TryRead(out var read))
        {
            return Half.WaitAsync(connection, cancellationToken);
        }
        if (read.IsCanceled || read.IsCompleted || !read.Buffer.IsSingleSegment)
        {
            return CopyOneAsync(read, null, destination, cancellationToken);
        }
        ValueTask<FlushResult> write;
        try
        {
            write = destination.WriteAsync(read.Buffer.First, cancellationToken);
        }
        catch (Exception error)
        {
            write = ValueTask.FromException<FlushResult>(error);
        }
        if (write.IsCompletedSuccessfully)
        {
            var flushed = write.Result;
            if (!flushed.IsCanceled && !flushed.IsCompleted)
            {
                return Half.WaitAsync(connection, cancellationToken, read.Buffer.End, read.Buffer.End);
            }
            write = new(flushed);
        }
        return CopyOneAsync(read, write, destination, cancellationToken);
    }

    /// <param name="read">What to copy.</param>
    /// <param name="begun">The write of its first piece, if it was started.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="cancellationToken">Ends a wait.</param>
    /// <returns>False at the end of either.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> CopyOneAsync(
        ReadResult read, ValueTask<FlushResult>? begun, PipeWriter destination, CancellationToken cancellationToken)
    {
        var consumed = read.Buffer.Start;
        try
        {
            if (read.IsCanceled)
            {
                throw new OperationCanceledException("The read was cancelled by CancelPendingRead.");
            }
            var next = consumed;
            while (read.Buffer.TryGet(ref next, out var part))
            {
                var flushed = begun is { } write
                    ? await write.ConfigureAwait(false)
                    : await destination.WriteAsync(part, cancellationToken).ConfigureAwait(false);
                begun = null;
                if (flushed.IsCanceled)
                {
                    throw new OperationCanceledException(
                        "The write was cancelled by CancelPendingFlush; its bytes are accepted and will be sent.");
                }
                consumed = read.Buffer.GetPosition(part.Length, consumed);
                if (flushed.IsCompleted)
                {
                    return false;
                }
            }
            return !read.IsCompleted;
        }
        finally
        {
            AdvanceTo(consumed);
        }
    }
}
