using System.IO.Pipelines;

namespace Zocalo.Connections;

/// <summary>
/// The writer that the program holds: every call goes to the core. It keeps the leak token alive, which the core must not. Misuse throws at
/// once; a broken connection fails the returned task.
/// </summary>
internal sealed class ConnectionWriter(ConnectionCore core, LeakToken token) : PipeWriter
{
    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => core.Output.UnflushedBytes;

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        core.ThrowIfFramed();
        return core.Output.GetMemory(sizeHint);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes)
    {
        core.ThrowIfFramed();
        core.Output.Advance(bytes);
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        core.ThrowIfFramed();
        try
        {
            return core.Output.FlushAsync(token, cancellationToken);
        }
        catch (ConnectionException error)
        {
            return ValueTask.FromException<FlushResult>(error);
        }
    }

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        core.ThrowIfFramed();
        try
        {
            return core.Output.WriteAsync(source, token, cancellationToken);
        }
        catch (ConnectionException error)
        {
            return ValueTask.FromException<FlushResult>(error);
        }
    }

    public override void CancelPendingFlush()
    {
        core.ThrowIfFramed();
        core.Output.CancelPendingFlush();
    }

    public override void Complete(Exception? exception = null)
    {
        core.ThrowIfFramed();
        if (exception is null)
        {
            core.Output.Complete();
        }
        else
        {
            core.Fail(new Cause(EndReason.Aborted, Exception: exception));
        }
    }

    /// <summary>Unlike the base class, it waits until the FIN is on its way: that is what completing an output means.</summary>
    public override ValueTask CompleteAsync(Exception? exception = null)
    {
        Complete(exception);
        return exception is null ? new(core.Output.WhenFinished()) : default;
    }
}
