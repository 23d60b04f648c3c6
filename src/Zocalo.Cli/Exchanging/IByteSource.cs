namespace Zocalo.Cli;

/// <summary>Where the bytes to send come from.</summary>
internal interface IByteSource
{
    /// <summary>
    /// How long the source may be silent, once the peer has finished, before that counts as its end:
    /// infinite for what ends by itself, zero for a person at a terminal.
    /// </summary>
    TimeSpan PatienceAfterPeer { get; }

    /// <summary>
    /// The next bytes, borrowed until the next call; empty at the end. Bytes that are there already come even
    /// when the token has fired, and a cancelled wait loses none: they come to the next call.
    /// </summary>
    /// <exception cref="IOException">The source cannot be read.</exception>
    ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken ct);
}

/// <summary>The bytes of <c>--send</c>, in one piece.</summary>
internal sealed class TextSource(byte[] bytes) : IByteSource
{
    private ReadOnlyMemory<byte> _rest = bytes;

    public TimeSpan PatienceAfterPeer => Timeout.InfiniteTimeSpan;

    public ValueTask<ReadOnlyMemory<byte>> ReadAsync(CancellationToken ct)
    {
        ReadOnlyMemory<byte> all = _rest;
        _rest = default;
        return new(all);
    }
}
