namespace Zocalo;

/// <summary>A peer of a <see cref="PeerDirectory{TKey,TIn,TOut}"/> came online. Immutable.</summary>
public class PeerEventArgs<TKey, TIn, TOut> : EventArgs where TKey : notnull
{
    internal PeerEventArgs(TKey key, FramedConnection<TIn, TOut> peer)
    {
        Key = key;
        Peer = peer;
    }

    /// <summary>The peer's key.</summary>
    public TKey Key { get; }

    /// <summary>The connection that was bound to the key.</summary>
    public FramedConnection<TIn, TOut> Peer { get; }
}

/// <summary>A peer of a <see cref="PeerDirectory{TKey,TIn,TOut}"/> went offline. Immutable.</summary>
public sealed class PeerOfflineEventArgs<TKey, TIn, TOut> : PeerEventArgs<TKey, TIn, TOut> where TKey : notnull
{
    internal PeerOfflineEventArgs(TKey key, FramedConnection<TIn, TOut> peer, EndReason? reason) : base(key, peer) => Reason = reason;

    /// <summary>Why its connection ended: <see cref="EndReason.Replaced"/> when a newer one took the key; null when the peer was unbound,
    /// and its connection may still be open.</summary>
    public EndReason? Reason { get; }
}
