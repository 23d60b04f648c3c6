using System.IO.Pipelines;

namespace Zocalo.Connections;

/// <summary>
/// The writer that the program holds: every call goes to the core. It keeps the connection alive, which the core must not. Misuse throws at
/// once; a broken connection fails the returned task.
/// </summary>
internal sealed class ConnectionWriter(Connection connection) : PipeWriter
{
    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => Core.Output.UnflushedBytes;

    private ConnectionCore Core => connection.Core;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        Core.ThrowIfFramed();
        return Core.Output.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        Core.ThrowIfFramed();
        Core.Output.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        Core.ThrowIfFramed();
        try
        {
            return connection.MayYield(Core.Output.FlushAsync(connection, cancellationToken));
        }
        catch (ConnectionException error)
        {
            return connection.MayYield(ValueTask.FromException<FlushResult>(error));
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        Core.ThrowIfFramed();
        try
        {
            return connection.MayYield(Core.Output.WriteAsync(source, connection, cancellationToken));
        }
        catch (ConnectionException error)
        {
            return connection.MayYield(ValueTask.FromException<FlushResult>(error));
        }
    }

    public override void CancelPendingFlush()
    {
        Core.ThrowIfFramed();
        Core.Output.CancelPendingFlush();
    }

    public override void Complete(Exception? exception = null)
    {
        Core.ThrowIfFramed();
        if (exception is null)
        {
            Core.Output.Complete();
        }
        else
        {
            Core.Fail(new Cause(EndReason.Aborted, Exception: exception));
        }
    }

    /// <summary>Unlike the base class, it waits until the FIN is on its way: that is what completing an output means.</summary>
    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        return exception is null ? connection.MayYield(new ValueTask(Core.Output.WhenFinished())) : default;
    }
}
