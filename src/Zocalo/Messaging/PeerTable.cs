using System.Collections;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Zocalo.Messaging;

/// <summary>Connections by key: those of a directory or of one of its groups, in the order in which they were added.</summary>
/// <remarks>
/// One writer at a time, under the directory's lock. Readers take no lock at all: the members of
/// <see cref="ConcurrentDictionary{TKey,TValue}"/> that lock (its count, its keys) are not used. An enumeration sees changes as they
/// happen. Its order does not depend on hash codes, which differ from process to process.
/// </remarks>
internal sealed class PeerTable<TKey, TIn, TOut>(
    IEqualityComparer<TKey> comparer) : IEnumerable<KeyValuePair<TKey, FramedConnection<TIn, TOut>>>
    where TKey : notnull
{
    private readonly ConcurrentDictionary<TKey, Entry> _entries = new(concurrencyLevel: 1, capacity: 7, comparer);
    private Entry? _first;
    private Entry? _last;
    private int _count;

    internal int Count => Volatile.Read(ref _count);

    public IEnumerator<KeyValuePair<TKey, FramedConnection<TIn, TOut>>> GetEnumerator()
    {
        for (var entry = Volatile.Read(ref _first); entry is not null; entry = entry.Next)
        {
            if (entry.Peer is { } peer)
            {
                yield return new(entry.Key, peer);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    internal bool TryGet(TKey key, [MaybeNullWhen(false)] out FramedConnection<TIn, TOut> peer)
    {
        peer = _entries.TryGetValue(key, out var entry) ? entry.Peer : null;
        return peer is not null;
    }

    /// <summary>Whether <paramref name="peer"/> is the one under the key.</summary>
    internal bool Holds(TKey key, FramedConnection<TIn, TOut> peer) => TryGet(key, out var held) && held == peer;

    /// <returns>False when the key is there already.</returns>
    internal bool Add(TKey key, FramedConnection<TIn, TOut> peer)
    {
        var entry = new Entry(key) { Peer = peer, Previous = _last };
        if (!_entries.TryAdd(key, entry))
        {
            return false;
        }
        if (_last is null)
        {
            Volatile.Write(ref _first, entry);
        }
        else
        {
            _last.Next = entry;
        }
        _last = entry;
        Volatile.Write(ref _count, _count + 1);
        return true;
    }

    /// <summary>Adds the peer, or replaces another one: readers see the old one or the new one, never none.</summary>
    internal void Set(TKey key, FramedConnection<TIn, TOut> peer)
    {
        if (!Add(key, peer))
        {
            _entries[key].Peer = peer;
        }
    }

    /// <returns>False when the key is not there.</returns>
    internal bool Remove(TKey key)
    {
        if (!_entries.TryRemove(key, out var entry))
        {
            return false;
        }
        entry.Peer = null;
        Unlink(entry);
        Volatile.Write(ref _count, _count - 1);
        return true;
    }

    /// <summary>Takes it out of the order. Its own forward link stays, for a reader that is at this entry.</summary>
    private void Unlink(Entry entry)
    {
        if (entry.Previous is { } previous)
        {
            previous.Next = entry.Next;
        }
        else
        {
            Volatile.Write(ref _first, entry.Next);
        }
        if (entry.Next is { } next)
        {
            next.Previous = entry.Previous;
        }
        else
        {
            _last = entry.Previous;
        }
    }

    private sealed class Entry(TKey key)
    {
        internal TKey Key => key;

        /// <summary>Null once it is removed.</summary>
        internal FramedConnection<TIn, TOut>? Peer { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

        internal Entry? Next { get => Volatile.Read(ref field); set => Volatile.Write(ref field, value); }

        internal Entry? Previous { get; set; }
    }
}
