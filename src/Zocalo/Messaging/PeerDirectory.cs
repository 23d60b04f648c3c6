using System.Collections;
using System.Diagnostics.CodeAnalysis;
using Zocalo.Messaging;
using Zocalo.Telemetry;

namespace Zocalo;

/// <summary>
/// Finds connections by key: a device by its number, a user by name. A handler binds its connection after the login (<see cref="Bind"/>);
/// from then on anybody can send to the key. A second login under the same key replaces the first. A connection that ends goes offline, and
/// out of its groups, by itself.
/// </summary>
/// <remarks>
/// Thread-safe. What reads (finding, counting, enumerating, sending) takes no lock of the directory's, and sees changes as they happen. A
/// slow peer never holds up another: whether a send to it waits or fails is up to its own <see cref="MessagingOptions.WhenOutboxIsFull"/>.
/// </remarks>
/// <typeparam name="TKey">Who.</typeparam>
/// <typeparam name="TIn">What is received.</typeparam>
/// <typeparam name="TOut">What is sent.</typeparam>
public class PeerDirectory<TKey, TIn, TOut> : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly PeerRegistry<TKey, TIn, TOut> _registry;

    /// <summary>An empty directory.</summary>
    /// <param name="comparer">Tells keys apart; null for the type's own way.</param>
    public PeerDirectory(IEqualityComparer<TKey>? comparer = null) => _registry = new(comparer ?? EqualityComparer<TKey>.Default, Raise);

    /// <summary>
    /// A peer came online. For one key the events, this and <see cref="Offline"/>, come in turns, in order, one at a time; they tell what
    /// happened, and the directory may have moved on since. They are raised with no lock held, by the call that caused them or by one that
    /// is raising events at the time: a handler may use the directory, and should be quick. What it throws is logged with the connection
    /// and changes nothing.
    /// </summary>
    public event EventHandler<PeerEventArgs<TKey, TIn, TOut>>? Online;

    /// <summary>A peer went offline: its connection ended, a newer one took its place, or it was unbound. As <see cref="Online"/>
    /// otherwise.</summary>
    public event EventHandler<PeerOfflineEventArgs<TKey, TIn, TOut>>? Offline;

    /// <summary>Peers that are online.</summary>
    public int Count => _registry.Online.Count;

    /// <summary>The keys that are online, as they change; each as it was spelled when it came online, also after a replacement by an equal
    /// one.</summary>
    public IEnumerable<TKey> Keys => _registry.Online.Select(static entry => entry.Key);

    /// <summary>
    /// The login: <paramref name="peer"/> is online under <paramref name="key"/>, until it ends or <see cref="Unbind"/>. Who was there
    /// before is cut, and ends <see cref="EndReason.Replaced"/>. The same two again change nothing.
    /// </summary>
    /// <exception cref="InvalidOperationException">The connection is bound under another key of this directory, or has ended.</exception>
    /// <exception cref="ConnectionException">The connection is broken, such as replaced.</exception>
    /// <exception cref="ObjectDisposedException">The connection was closed on this side.</exception>
    public void Bind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(peer);
        _registry.Bind(key, peer);
    }

    /// <summary>The logout: the peer is offline, its connection lives on and may be bound again. A peer whose connection ends needs
    /// none.</summary>
    /// <returns>False when this peer was not, or no longer, the one under the key.</returns>
    public bool Unbind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        ArgumentNullException.ThrowIfNull(key);
        ArgumentNullException.ThrowIfNull(peer);
        return _registry.Unbind(key, peer);
    }

    /// <summary>Who is online under the key.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out FramedConnection<TIn, TOut> peer) => _registry.Online.TryGet(key, out peer);

    /// <summary>Sends one message to whoever is online under the key, if there is room for it at once. Never waits.</summary>
    /// <returns>Whether it was accepted; false also when nobody is there.</returns>
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

    /// <summary>Sends one message to whoever is online under the key. As
    /// <see cref="FramedConnection{TIn,TOut}.SendAsync(TOut, CancellationToken)"/> otherwise.</summary>
    /// <exception cref="PeerOfflineException">Nobody is online under the key.</exception>
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

    /// <summary>Sends a request to whoever is online under the key, and waits for the reply. As
    /// <see cref="FramedConnection{TIn,TOut}.RequestAsync"/> otherwise.</summary>
    /// <exception cref="PeerOfflineException">Nobody is online under the key, or the connection was closed on this side before the reply
    /// came.</exception>
    /// <exception cref="TimeoutException">No reply came in time.</exception>
    /// <exception cref="ConnectionException">The connection ended before the reply came; <see cref="EndReason.Replaced"/> when a newer one
    /// took its place.</exception>
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
    /// Sends one message to everybody who is online: encoded once, handed to each without waiting for another. Completes when those whose
    /// outbox is full and whose policy is <see cref="OutboxPolicy.Wait"/> have accepted it too, or broke. The message's memory is the
    /// caller's again when the call returns.
    /// </summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Gives up waiting for the slow; the others have it.</param>
    /// <exception cref="ArgumentException">The message has no encoding in the format. Nobody gets it.</exception>
    public Task<BroadcastResult> BroadcastAsync(TOut message, CancellationToken cancellationToken = default) =>
        new Broadcast<TIn, TOut>(message).SendAsync(_registry.Online, cancellationToken);

    /// <summary>Some of those who are online, by the group's name (ordinal, any text). A group needs no making: it is there while somebody
    /// is in it.</summary>
    public PeerGroup<TKey, TIn, TOut> Group(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return new(_registry, name);
    }

    /// <summary>Who is online, by key, as it changes.</summary>
    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator() => _registry.Online.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Sends to it throw what concerns whoever closes it, not whoever has its key.</summary>
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
                Log.PeerEventFailed(change.Peer.Connection.Core.Logger, change.Peer.Id, error);     // the others still hear of it
            }
        }
    }
}

/// <summary>A directory of connections that carry frames.</summary>
/// <param name="comparer">Tells keys apart; null for the type's own way.</param>
public sealed class PeerDirectory<TKey>(IEqualityComparer<TKey>? comparer = null) : PeerDirectory<TKey, Frame, Frame>(comparer)
    where TKey : notnull;
