namespace Zocalo;

/// <summary>No connection is bound to the key, or the one that is bound was closed on this side, perhaps before it had answered. Thrown by
/// <see cref="PeerDirectory{TKey,TIn,TOut}"/>.</summary>
public sealed class PeerOfflineException : IOException
{
    internal PeerOfflineException(object key) : base($"Nobody is online under the key {key}.") => Key = key;

    /// <summary>The key that the caller gave.</summary>
    public object Key { get; }
}
