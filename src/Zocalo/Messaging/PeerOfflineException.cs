namespace Zocalo;

/// <summary>Nobody is there: no connection is bound to the key, or the one that is was closed on this side, perhaps before it had answered.
/// Thrown by <see cref="PeerDirectory{TKey,TIn,TOut}"/>.</summary>
public sealed class PeerOfflineException : IOException
{
    internal PeerOfflineException(object key) : base($"Nobody is online under the key {key}.") => Key = key;

    /// <summary>The key that was called.</summary>
    public object Key { get; }
}
