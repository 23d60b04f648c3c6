namespace Zocalo;

/// <summary>Nothing was sent: no connection is bound to the key, or the one that is leaves already. Thrown by <see cref="PeerDirectory{TKey,TIn,TOut}"/>.</summary>
public sealed class PeerOfflineException : IOException
{
    internal PeerOfflineException(object key) : base($"Nobody is online under the key {key}.") => Key = key;

    /// <summary>The key that was called.</summary>
    public object Key { get; }
}
