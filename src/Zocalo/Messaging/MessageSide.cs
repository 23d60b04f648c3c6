using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>What the core of a framed connection knows of its messages: enough to end who waits. It holds nothing that the program holds, so that a connection which was dropped can be told.</summary>
internal sealed class MessageSide(ConnectionCore core, Outbox outbox) : IMessageSide
{
    private readonly CancellationTokenSource _over = new();     // without a timer: nothing to dispose of

    /// <summary>Fires when the connection is closed or broken.</summary>
    internal CancellationToken Over => _over.Token;

    public void OnClosing()
    {
        outbox.Fail(core.Disposed());
        _over.Cancel();
    }

    public void OnBroken()
    {
        outbox.Fail(core.Cause!.ToException());
        _over.Cancel();
    }
}
