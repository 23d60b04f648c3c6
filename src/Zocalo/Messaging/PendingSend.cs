using Zocalo.Connections;

namespace Zocalo.Messaging;

/// <summary>A send that waits for its turn. Its message is not accepted before that: cancelled, it leaves no trace.</summary>
internal sealed class PendingSend(Outgoing message, object root) : CompletionSource<bool>
{
    /// <summary>Kept alive while it waits: whoever flushes for it may hold something else.</summary>
    internal object Root => root;

    internal Outgoing Message => message;

    /// <summary>Sends nothing: only waits until all before it was accepted.</summary>
    internal bool IsMarker { get; init; }
}

/// <summary>A message on its way out.</summary>
/// <param name="Bytes">Its payload; or, if it is encoded already, the whole frame as on the wire, shared by all to whom it goes.</param>
/// <param name="IsEncoded">Which of the two.</param>
/// <param name="IsLent">The memory is the caller's again when the call returns: it is copied if the message has to wait.</param>
/// <param name="Observer">Learns when the message is accepted.</param>
internal readonly record struct Outgoing(Frame Bytes, bool IsEncoded = false, bool IsLent = false, ISendObserver? Observer = null)
{
    internal Outgoing ToKeep() => IsLent ? this with { Bytes = Bytes.ToOwned(), IsLent = false } : this;
}

/// <summary>Learns when exactly a message takes its place in the order: a request that is matched with its reply by that order.</summary>
internal interface ISendObserver
{
    /// <summary>Called under the outbox's lock.</summary>
    void OnAccepted();
}
