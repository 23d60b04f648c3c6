using System.Collections;
using Zocalo.Messaging;

namespace Zocalo;

/// <summary>
/// Some of the peers of a <see cref="PeerDirectory{TKey,TIn,TOut}"/>: a chat room, a topic, a fleet. Only peers that are online can be in a
/// group. A peer that goes offline leaves it, and has to be added again after the next login. This object is only the group's name: the
/// group exists, and uses memory, while a peer is in it.
/// </summary>
/// <remarks>Thread-safe; reading takes no lock.</remarks>
public sealed class PeerGroup<TKey, TIn, TOut> : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly PeerRegistry<TKey, TIn, TOut> _registry;

    internal PeerGroup(PeerRegistry<TKey, TIn, TOut> registry, string name)
    {
        _registry = registry;
        Name = name;
    }

    /// <summary>The group's name.</summary>
    public string Name { get; }

    /// <summary>How many peers are in the group.</summary>
    public int Count => _registry.MembersOf(Name)?.Count ?? 0;

    /// <summary>Puts the peer that is online under the key into the group. A second call changes nothing.</summary>
    /// <returns>Whether the peer is in the group now; false when no peer is online under the key.</returns>
    public bool Join(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _registry.Join(Name, key);
    }

    /// <summary>Takes the peer that is online under the key out of the group.</summary>
    /// <returns>False when the peer was not in the group.</returns>
    public bool Leave(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _registry.Leave(Name, key);
    }

    /// <summary>Whether the peer that is online under the key is in the group.</summary>
    public bool Contains(TKey key) => _registry.MembersOf(Name)?.TryGet(key, out _) ?? false;

    /// <summary>Sends one message to all peers in the group. Otherwise as
    /// <see cref="PeerDirectory{TKey,TIn,TOut}.BroadcastAsync"/>.</summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Cancels the wait for slow peers; the others have accepted the message.</param>
    /// <exception cref="ArgumentException">The message has no encoding in the format. No peer gets it.</exception>
    public Task<BroadcastResult> BroadcastAsync(TOut message, CancellationToken cancellationToken = default) =>
        new Broadcast<TIn, TOut>(message).SendAsync(this, cancellationToken);

    /// <summary>The peers in the group, by key. The enumeration sees changes as they happen.</summary>
    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator() =>
        (_registry.MembersOf(Name) ?? Enumerable.Empty<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
