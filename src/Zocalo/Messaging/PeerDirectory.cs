using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Zocalo.Messaging;
using Zocalo.Telemetry;

namespace Zocalo;

/// <summary>
/// Finds connections by key: a device by its number, a user by name. A handler binds its connection after the login (<see cref="Bind"/>);
/// from then on any code can send to the key. A second login under the same key replaces the first. When a connection ends, the directory
/// removes it, also from its groups.
/// </summary>
/// <remarks>
/// Thread-safe. Reading (finding, counting, enumerating, sending) takes no lock of the directory and sees changes as they happen. A slow
/// peer never delays another: its own <see cref="MessagingOptions.WhenOutboxIsFull"/> decides whether a send to it waits or fails.
/// </remarks>
/// <typeparam name="TKey">What identifies a peer.</typeparam>
/// <typeparam name="TIn">What is received.</typeparam>
/// <typeparam name="TOut">What is sent.</typeparam>
public class PeerDirectory<TKey, TIn, TOut> : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly PeerRegistry<TKey, TIn, TOut> _registry;

    /// <summary>An empty directory.</summary>
    /// <param name="comparer">Compares keys; null for the type's default comparer.</param>
    public PeerDirectory(IEqualityComparer<TKey>? comparer = null) => _registry = new(comparer ?? EqualityComparer<TKey>.Default, Raise);

    /// <summary>
    /// A peer came online. For one key, this event and <see cref="Offline"/> alternate, in order, one at a time. They report what happened;
    /// the directory may have changed since. They are raised without a lock, by the call that caused them or by another call that is
    /// raising events at that time. A handler may use the directory, and should be quick. An exception from it is logged with the
    /// connection and has no other effect.
    /// </summary>
    public event EventHandler<PeerEventArgs<TKey, TIn, TOut>>? Online;

    /// <summary>A peer went offline: its connection ended, a newer one replaced it, or it was unbound. Otherwise as
    /// <see cref="Online"/>.</summary>
    public event EventHandler<PeerOfflineEventArgs<TKey, TIn, TOut>>? Offline;

    /// <summary>How many peers are online.</summary>
    public int Count => _registry.Online.Count;

    /// <summary>The keys that are online. The enumeration sees changes as they happen. Each key is spelled as it was when it came online,
    /// also after a replacement under an equal key.</summary>
    public IEnumerable<TKey> Keys => _registry.Online.Select(static entry => entry.Key);

    /// <summary>
    /// The login: <paramref name="peer"/> is online under <paramref name="key"/> until it ends or <see cref="Unbind"/> is called. A
    /// connection that was under the key before is cut, and ends with <see cref="EndReason.Replaced"/>. A second call with the same two
    /// arguments changes nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The connection is bound under another key of this directory, or has ended.</exception>
    /// <exception cref="ConnectionException">The connection is broken, for example because it was replaced.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public void Bind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(peer);
        _registry.Bind(key, peer);
    }

    /// <summary>The logout: the peer goes offline; its connection stays open and may be bound again. A peer whose connection ends needs no
    /// call.</summary>
    /// <returns>False when this peer is not the one under the key, or no longer.</returns>
    public bool Unbind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(peer);
        return _registry.Unbind(key, peer);
    }

    /// <summary>Finds the peer that is online under the key.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out FramedConnection<TIn, TOut> peer) => _registry.Online.TryGet(key, out peer);

    /// <summary>Sends one message to the peer that is online under the key, if its outbox has free space. Never waits.</summary>
    /// <returns>Whether the message was accepted; false also when no peer is online under the key.</returns>
    /// <exception cref="ArgumentException">The message has no encoding in the format.</exception>
    public bool TrySend(TKey key, TOut message)
    {
        if (!TryGet(key, out var peer))
        {
            return false;
        }
        try
        {
            return peer.TrySend(message);
        }
        catch (InvalidOperationException) when (IsLeaving(peer))
        {
            return false;
        }
    }

    /// <summary>Sends one message to the peer that is online under the key. Otherwise as
    /// <see cref="FramedConnection{TIn,TOut}.SendAsync(TOut, CancellationToken)"/>.</summary>
    /// <exception cref="PeerOfflineException">No peer is online under the key.</exception>
    /// <exception cref="ArgumentException">The message has no encoding in the format.</exception>
    /// <exception cref="ConnectionException">The connection is broken.</exception>
    /// <exception cref="OutboxFullException">The peer's outbox is full, and its policy is <see cref="OutboxPolicy.Fail"/>.</exception>
    public ValueTask SendAsync(TKey key, TOut message, CancellationToken cancellationToken = default)
    {
        if (!TryGet(key, out var peer))
        {
            return ValueTask.FromException(new PeerOfflineException(key));
        }
        try
        {
            var send = peer.SendAsync(message, cancellationToken);
            return send.IsCompletedSuccessfully ? send : new(peer.Connection.Core.Run(() => Await(send, key, peer)));
        }
        catch (InvalidOperationException) when (IsLeaving(peer))
        {
            return ValueTask.FromException(new PeerOfflineException(key));
        }

        static async Task Await(ValueTask send, TKey key, FramedConnection<TIn, TOut> peer)
        {
            try
            {
                await send;
            }
            catch (InvalidOperationException) when (IsLeaving(peer))
            {
                throw new PeerOfflineException(key);
            }
        }
    }

    /// <summary>Sends a request to the peer that is online under the key, and waits for the reply. Otherwise as
    /// <see cref="FramedConnection{TIn,TOut}.RequestAsync"/>.</summary>
    /// <exception cref="PeerOfflineException">No peer is online under the key, or its connection was closed on this side before the reply
    /// came.</exception>
    /// <exception cref="TimeoutException">No reply came in time.</exception>
    /// <exception cref="ConnectionException">The connection ended before the reply came; <see cref="EndReason.Replaced"/> when a newer one
    /// replaced it.</exception>
    /// <exception cref="InvalidOperationException">The protocol has no replies.</exception>
    public async Task<TIn> RequestAsync(TKey key, TOut request, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        if (!TryGet(key, out var peer))
        {
            throw new PeerOfflineException(key);
        }
        try
        {
            return await peer.RequestAsync(request, timeout, cancellationToken);
        }
        catch (InvalidOperationException) when (IsLeaving(peer))
        {
            throw new PeerOfflineException(key);
        }
    }

    /// <summary>
    /// Sends one message to all peers that are online. It is encoded once and handed to each peer without waiting for the others. The task
    /// completes when the peers whose outbox is full and whose policy is <see cref="OutboxPolicy.Wait"/> have accepted it too, or their
    /// connections broke. The caller may reuse the message's memory when the call returns.
    /// </summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Cancels the wait for slow peers; the others have accepted the message.</param>
    /// <exception cref="ArgumentException">The message has no encoding in the format. No peer gets it.</exception>
    public Task<BroadcastResult> BroadcastAsync(TOut message, CancellationToken cancellationToken = default) =>
        new Broadcast<TIn, TOut>(message).SendAsync(_registry.Online, cancellationToken);

    /// <summary>A group of peers that are online, by its name (any text, compared ordinally). A group is not created: it exists while a
    /// peer is in it.</summary>
    public PeerGroup<TKey, TIn, TOut> Group(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(_registry, name);
    }

    /// <summary>The peers that are online, by key. The enumeration sees changes as they happen.</summary>
    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator() => _registry.Online.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Whether the connection was closed on this side. Then sends to it throw exceptions that mean something to the code that
    /// closed it, not to code that only has the key.</summary>
    private static bool IsLeaving(FramedConnection<TIn, TOut> peer) =>
        peer.Connection.Core.IsClosing || peer.Connection.Core.Write.IsCompleted;

    private void Raise(PeerEventArgs<TKey, TIn, TOut> change)
    {
        if (change is PeerOfflineEventArgs<TKey, TIn, TOut> gone)
        {
            RaiseTo(Offline, gone);
        }
        else
        {
            RaiseTo(Online, change);
        }
    }

    private void RaiseTo<TChange>(EventHandler<TChange>? handlers, TChange change) where TChange : PeerEventArgs<TKey, TIn, TOut>
    {
        foreach (var handler in Delegate.EnumerateInvocationList(handlers))
        {
            try
            {
                handler(this, change);
            }
            catch (Exception error)
            {
                Log.PeerEventFailed(change.Peer.Connection.Core.Logger, change.Peer.Id, error);     // the other handlers are still called
            }
        }
    }
}

/// <summary>A directory of connections that carry frames.</summary>
/// <param name="comparer">Compares keys; null for the type's default comparer.</param>
public sealed class PeerDirectory<TKey>(IEqualityComparer<TKey>? comparer = null) : PeerDirectory<TKey, Frame, Frame>(comparer)
    where TKey : notnull;
