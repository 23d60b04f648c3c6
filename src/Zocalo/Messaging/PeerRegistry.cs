using Zocalo.Connections;
using Zocalo.Endings;

namespace Zocalo.Messaging;

/// <summary>Which peers are online, under which key and in which groups, and every change of this. It is a directory's state;
/// <see cref="PeerDirectory{TKey,TIn,TOut}"/> is the public side of it.</summary>
/// <remarks>
/// All changes take one lock, for a few table entries. No event is raised and no engine is called under it. Readers use
/// <see cref="Online"/> and <see cref="MembersOf"/>, which need no lock.
/// </remarks>
/// <param name="comparer">Compares keys.</param>
/// <param name="raise">Receives the events, one at a time for each key. Must not throw.</param>
internal sealed class PeerRegistry<TKey, TIn, TOut>(IEqualityComparer<TKey> comparer, Action<PeerEventArgs<TKey, TIn, TOut>> raise)
    where TKey : notnull
{
    // A slow event handler delays only the events of the keys in its lane.
    private const int Lanes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<long, Seat> _seats = [];        // by connection, from the first login to the end
    private readonly PeerGroups<TKey, TIn, TOut> _groups = new(comparer);
    private readonly EventLane<PeerEventArgs<TKey, TIn, TOut>>[] _lanes = [
        .. Enumerable.Range(0, Lanes).Select(_ => new EventLane<PeerEventArgs<TKey, TIn, TOut>>(raise))];

    /// <summary>The peers that are online.</summary>
    internal PeerTable<TKey, TIn, TOut> Online { get; } = new(comparer);

    /// <summary>The peers in a group; null when there are none.</summary>
    internal PeerTable<TKey, TIn, TOut>? MembersOf(string group) => _groups.MembersOf(group);

    internal void Bind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        FramedConnection<TIn, TOut>? replaced;
        Seat? newSeat = null;
        lock (_lock)
        {
            ThrowIfOver(peer.Connection.Core);
            if (!_seats.TryGetValue(peer.Id, out var seat))
            {
                _seats[peer.Id] = seat = newSeat = new Seat(this, peer.Id, key);
            }
            else if (Online.Holds(seat.Key, peer))
            {
                if (!comparer.Equals(seat.Key, key))
                {
                    throw new InvalidOperationException(
                        $"The connection is bound under the key {seat.Key}: it has one key in a directory. Unbind it first.");
                }
                return;
            }
            if (Online.TryGet(key, out replaced))
            {
                replaced.Connection.Core.Note(new Cause(EndReason.Replaced));       // it cannot be bound again from now on
                LeaveUnsynchronized(key, replaced, EndReason.Replaced);
            }
            seat.Key = key;
            Online.Set(key, peer);      // in one step: a reader finds the old peer or the new one
            LaneOf(key).Add(new(key, peer));
        }
        newSeat?.Watch(peer.Connection.Core);
        replaced?.Connection.Core.Fail(new Cause(EndReason.Replaced));
        LaneOf(key).Run();
    }

    internal bool Unbind(TKey key, FramedConnection<TIn, TOut> peer)
    {
        lock (_lock)
        {
            if (!Online.Holds(key, peer))
            {
                return false;
            }
            TakeOutUnsynchronized(key, peer, null);
        }
        LaneOf(key).Run();
        return true;
    }

    internal bool Join(string group, TKey key)
    {
        lock (_lock)
        {
            if (!Online.TryGet(key, out var peer))
            {
                return false;
            }
            if (_groups.Add(group, key, peer))
            {
                (_seats[peer.Id].Groups ??= []).Add(group);
            }
            return true;
        }
    }

    internal bool Leave(string group, TKey key)
    {
        lock (_lock)
        {
            return Online.TryGet(key, out var peer) && _groups.Remove(group, key) && _seats[peer.Id].Groups!.Remove(group);
        }
    }

    private void OnClosed(Seat seat)
    {
        lock (_lock)
        {
            if (!Online.TryGet(seat.Key, out var peer) || peer.Id != seat.ConnectionId)
            {
                _seats.Remove(seat.ConnectionId);
                return;     // replaced or unbound before
            }
            TakeOutUnsynchronized(seat.Key, peer, peer.Connection.Core.End!.Reason);
            _seats.Remove(seat.ConnectionId);
        }
        LaneOf(seat.Key).Run();
    }

    private void TakeOutUnsynchronized(TKey key, FramedConnection<TIn, TOut> peer, EndReason? reason)
    {
        Online.Remove(key);
        LeaveUnsynchronized(key, peer, reason);
    }

    private void LeaveUnsynchronized(TKey key, FramedConnection<TIn, TOut> peer, EndReason? reason)
    {
        var seat = _seats[peer.Id];
        foreach (var group in seat.Groups ?? [])
        {
            _groups.Remove(group, key);
        }
        seat.Groups = null;
        LaneOf(key).Add(new PeerOfflineEventArgs<TKey, TIn, TOut>(key, peer, reason));
    }

    private EventLane<PeerEventArgs<TKey, TIn, TOut>> LaneOf(TKey key) => _lanes[(uint)comparer.GetHashCode(key) % Lanes];

    private static void ThrowIfOver(ConnectionCore peer)
    {
        peer.ThrowIfClosed();
        // A peer whose input has failed (a cut frame, a corrupt one) can still receive messages until it closes.
        if (peer.Cause is { } cause && (peer.IsBroken || cause.Reason == EndReason.Replaced))
        {
            throw cause.ToException();
        }
        if (peer.HasEnded)
        {
            throw new InvalidOperationException("The connection has ended: there is nobody to bind.");
        }
    }

    /// <summary>A connection's entry in the directory. It does not refer to the connection; the connection keeps the entry until its
    /// end.</summary>
    private sealed class Seat(PeerRegistry<TKey, TIn, TOut> registry, long connectionId, TKey key) : IThreadPoolWorkItem
    {
        internal long ConnectionId => connectionId;

        /// <summary>The key under which it is online, or was online last.</summary>
        internal TKey Key { get; set; } = key;

        internal List<string>? Groups { get; set; }

        /// <summary>Called once in a connection's life: a registration for its end cannot be removed.</summary>
        internal void Watch(ConnectionCore peer) => peer.WhenEnded(this);

        void IThreadPoolWorkItem.Execute() => registry.OnClosed(this);
    }
}
