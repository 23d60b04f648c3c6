namespace Zocalo;

/// <summary>A peer of a <see cref="PeerDirectory{TKey,TIn,TOut}"/> came online. Immutable.</summary>
public class PeerEventArgs<TKey, TIn, TOut> : EventArgs where TKey : notnull
{
    internal PeerEventArgs(TKey key, FramedConnection<TIn, TOut> peer)
    {
        Key = key;
        Peer = peer;
    }

    /// <summary>Who.</summary>
    public TKey Key { get; }

    /// <summary>The connection that was bound to the key.</summary>
    public FramedConnection<TIn, TOut> Peer { get; }
}

/// <summary>A peer of a <see cref="PeerDirectory{TKey,TIn,TOut}"/> went offline. Immutable.</summary>
public sealed class PeerOfflineEventArgs<TKey, TIn, TOut> : PeerEventArgs<TKey, TIn, TOut> where TKey : notnull
{
    internal PeerOfflineEventArgs(TKey key, FramedConnection<TIn, TOut> peer, EndReason? reason) : base(key, peer) => Reason = reason;

    /// <summary>Why its connection ended; <see cref="EndReason.Replaced"/> when a newer one took the key; null when it was unbound, and the
    /// connection may live on.</summary>
    public EndReason? Reason { get; }
}
