using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>What the core of a framed connection knows about its messages: enough to end the waits. It refers to nothing that the program
/// holds, so that a dropped connection can be found.</summary>
/// <param name="core">The connection.</param>
/// <param name="outbox">The outbox, in which senders wait.</param>
/// <param name="over">Cancelled when the connection is closed or broken; null if no code waits for that.</param>
internal sealed class MessageOwner(ConnectionCore core, Outbox outbox, CancellationTokenSource? over) : IMessageOwner
{
    public void OnClosing() => End(core.Disposed());

    public void OnBroken() => End(core.Cause!.ToException());

    public void Execute() => outbox.Flush();

    public IReadOnlyList<IThreadPoolWorkItem>? WriteWaiting() => outbox.WriteWaiting();

    private void End(Exception error)
    {
        outbox.Fail(error);
        over?.Cancel();
    }
}
