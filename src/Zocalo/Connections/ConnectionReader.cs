using System.IO.Pipelines;

namespace Zocalo.Connections;

/// <summary>
/// The reader that the program holds: every call goes to the core. It keeps the leak token alive, which the core must not. Misuse throws at
/// once; a broken connection fails the returned task.
/// </summary>
internal sealed class ConnectionReader(ConnectionCore core, LeakToken token) : PipeReader
{
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        core.ThrowIfFramed();
        try
        {
            return core.Input.ReadAsync(token, cancellationToken);
        }
        catch (ConnectionException error)
        {
            return ValueTask.FromException<ReadResult>(error);
        }
    }

    public override bool TryRead(out ReadResult result)
    {
        core.ThrowIfFramed();
        return core.Input.TryRead(out result);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        core.ThrowIfFramed();
        core.Input.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead()
    {
        core.ThrowIfFramed();
        core.Input.CancelPendingRead();
    }

    public override void Complete(Exception? exception = null)
    {
        core.ThrowIfFramed();
        if (exception is null)
        {
            core.Input.Complete();
        }
        else
        {
            core.Fail(new Cause(EndReason.Aborted, Exception: exception));
        }
    }
}
