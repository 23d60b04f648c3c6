using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>A send that waits for room. Its message is not accepted yet: if the send is cancelled, nothing of it is sent.</summary>
internal sealed class PendingSend(Outgoing message, object root) : CompletionSource<bool>
{
    /// <summary>Kept alive while the send waits: the code that flushes for it may keep something else alive.</summary>
    internal object Root => root;

    internal Outgoing Message => message;

    /// <summary>Whether it sends nothing and only waits until all sends before it are accepted.</summary>
    internal bool IsMarker { get; init; }
}

/// <summary>A message to be sent.</summary>
/// <param name="Bytes">Its payload. If it is encoded already: the whole frame as on the wire, shared by all peers that get it.</param>
/// <param name="IsEncoded">Which of the two.</param>
/// <param name="IsLent">Whether the caller may reuse the memory when the call returns: it is copied if the message has to wait.</param>
/// <param name="Observer">Notified when the message is accepted.</param>
internal readonly record struct Outgoing(Frame Bytes, bool IsEncoded = false, bool IsLent = false, ISendObserver? Observer = null)
{
    internal Outgoing ToKeep() => IsLent ? this with { Bytes = Bytes.ToOwned(), IsLent = false } : this;
}

/// <summary>Notified at the moment when a message gets its position in the order. A request needs this if replies are matched by
/// order.</summary>
internal interface ISendObserver
{
    /// <summary>Called under the outbox's lock.</summary>
    void OnAccepted();
}
