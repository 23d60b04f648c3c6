using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Zocalo.Messaging;

/// <summary>Connections by key: those of a directory, or of one of its groups.</summary>
/// <remarks>
/// One writer at a time, under the directory's lock. Readers take no lock, of the table's own neither: what <see cref="ConcurrentDictionary{TKey,TValue}"/> does under its locks (its count, its keys)
/// is not used. Enumeration shows what is there while it passes.
/// </remarks>
internal sealed class PeerTable<TKey, TIn, TOut>(IEqualityComparer<TKey> comparer) : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, FramedConnection<TIn, TOut>> _peers = new(concurrencyLevel: 1, capacity: 7, comparer);
    private int _count;

    internal int Count => Volatile.Read(ref _count);

    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator() => _peers.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool TryGet(TKey key, [MaybeNullWhen(false)] out FramedConnection<TIn, TOut> peer) => _peers.TryGetValue(key, out peer);

    /// <summary>Whether <paramref name="peer"/> is the one under the key.</summary>
    internal bool Holds(TKey key, FramedConnection<TIn, TOut> peer) => TryGet(key, out var held) && held == peer;

    /// <returns>False when the key is there already.</returns>
    internal bool Add(TKey key, FramedConnection<TIn, TOut> peer)
    {
        if (!_peers.TryAdd(key, peer))
        {
            return false;
        }
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>Adds it, or puts it in another's place: readers see the one or the other, never nobody.</summary>
    internal void Set(TKey key, FramedConnection<TIn, TOut> peer)
    {
        if (!Add(key, peer))
        {
            _peers[key] = peer;
        }
    }

    /// <returns>False when the key is not there.</returns>
    internal bool Remove(TKey key)
    {
        if (!_peers.TryRemove(key, out _))
        {
            return false;
        }
        Volatile.Write(ref _count, _count - 1);
        return true;
    }
}
