using System.Collections.Concurrent;

namespace Zocalo.Messaging;

/// <summary>The groups of a directory, by name. A group exists while a peer is in it.</summary>
/// <remarks>As in <see cref="PeerTable{TKey,TIn,TOut}"/>: one writer at a time, and readers without a lock.</remarks>
internal sealed class PeerGroups<TKey, TIn, TOut>(IEqualityComparer<TKey> comparer)
    where TKey : notnull
{
    private readonly ConcurrentDictionary<string, PeerTable<TKey, TIn, TOut>> _groups = new(
        concurrencyLevel: 1, capacity: 7, StringComparer.Ordinal);

    internal PeerTable<TKey, TIn, TOut>? MembersOf(string group) => _groups.GetValueOrDefault(group);

    /// <returns>False when the peer was in the group already.</returns>
    internal bool Add(string group, TKey key, FramedConnection<TIn, TOut> peer)
    {
        if (!_groups.TryGetValue(group, out var members))
        {
            _groups[group] = members = new(comparer);
        }
        return members.Add(key, peer);
    }

    /// <returns>False when the peer was not in the group.</returns>
    internal bool Remove(string group, TKey key)
    {
        if (!_groups.TryGetValue(group, out var members) || !members.Remove(key))
        {
            return false;
        }
        if (members.Count == 0)
        {
            _groups.TryRemove(group, out _);
        }
        return true;
    }
}
