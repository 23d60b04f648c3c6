namespace Zocalo.Connections;

/// <summary>Owns the bytes of a connection that carries messages. As a work item it flushes the accepted messages.</summary>
internal interface IMessageOwner : IThreadPoolWorkItem
{
    /// <summary>The connection closes on this side: a message that is half written is finished before this returns, and nothing is written
    /// afterwards.</summary>
    void OnClosing();

    /// <summary>The connection broke.</summary>
    void OnBroken();

    /// <summary>There is room in the send buffer: writes the messages that wait and fit. Called under the write half's lock.</summary>
    /// <returns>What to post after the lock is released, to resume the senders whose messages were written; null if there are
    /// none.</returns>
    IReadOnlyList<IThreadPoolWorkItem>? WriteWaiting();
}
