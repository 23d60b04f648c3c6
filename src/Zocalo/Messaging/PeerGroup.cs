using System.Collections;
using Zocalo.Messaging;

namespace Zocalo;

/// <summary>
/// Some of the peers of a <see cref="PeerDirectory{TKey,TIn,TOut}"/>: a room, a topic, a fleet. Only who is online can be in it; who goes
/// offline has left it, and after the next login joins again. This is the group's name: the group itself is there while somebody is in it,
/// and costs nothing else.
/// </summary>
/// <remarks>Thread-safe; what reads takes no lock.</remarks>
public sealed class PeerGroup<TKey, TIn, TOut> : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly PeerRegistry<TKey, TIn, TOut> _registry;

    internal PeerGroup(PeerRegistry<TKey, TIn, TOut> registry, string name)
    {
        _registry = registry;
        Name = name;
    }

    /// <summary>What it is called.</summary>
    public string Name { get; }

    /// <summary>Peers in it.</summary>
    public int Count => _registry.MembersOf(Name)?.Count ?? 0;

    /// <summary>Puts whoever is online under the key into the group. Again changes nothing.</summary>
    /// <returns>Whether it is in now; false when nobody is online under the key.</returns>
    public bool Join(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _registry.Join(Name, key);
    }

    /// <summary>Takes whoever is online under the key out of the group.</summary>
    /// <returns>False when it was not in.</returns>
    public bool Leave(TKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return _registry.Leave(Name, key);
    }

    /// <summary>Whether whoever is online under the key is in the group.</summary>
    public bool Contains(TKey key) => _registry.MembersOf(Name)?.TryGet(key, out _) ?? false;

    /// <summary>Sends one message to everybody in the group. As <see cref="PeerDirectory{TKey,TIn,TOut}.BroadcastAsync"/>
    /// otherwise.</summary>
    /// <param name="message">What to send.</param>
    /// <param name="cancellationToken">Gives up waiting for the slow; the others have it.</param>
    /// <exception cref="ArgumentException">The message has no encoding in the format. Nobody gets it.</exception>
    public Task<BroadcastResult> BroadcastAsync(TOut message, CancellationToken cancellationToken = default) =>
        new Broadcast<TIn, TOut>(message).SendAsync(this, cancellationToken);

    /// <summary>Who is in it, by key, as it changes.</summary>
    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator() =>
        (_registry.MembersOf(Name) ?? Enumerable.Empty<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
