using System.IO.Pipelines;
using Zocalo.Endings;

namespace Zocalo.Connections;

/// <summary>
/// The writer that the program holds. It passes every call to the core. It keeps the connection alive, which the core must not do. Misuse
/// throws at once; a broken connection fails the returned task.
/// </summary>
internal sealed class ConnectionWriter(Connection connection) : PipeWriter
{
    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => connection.Core.Write.UnflushedBytes;

    private WriteHalf Half => connection.Core.UnframedWrite;

    public override Memory<byte> GetMemory(int sizeHint = 0) => Half.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Half.GetSpan(sizeHint);

    public override void Advance(int bytes) => Half.Advance(bytes);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        connection.MayYield(Half.FlushAsync(connection, cancellationToken));

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        connection.MayYield(Half.WriteAsync(source, connection, cancellationToken));

    public override void CancelPendingFlush() => Half.CancelPendingFlush();

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

    /// <summary>Unlike the base class, this waits until the kernel has the FIN: that is what completing an output means.</summary>
    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        return exception is null ? connection.MayYield(new ValueTask(connection.Core.Write.WhenFinished())) : default;
    }
}
