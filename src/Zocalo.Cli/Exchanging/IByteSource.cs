namespace Zocalo.Cli;

/// <summary>Where the bytes to send come from.</summary>
internal interface IByteSource
{
    /// <summary>
    /// How long the source may be silent, once the peer has finished, before that counts as its end:
    /// infinite for what ends by itself, zero for a person at a terminal.
    /// </summary>
    TimeSpan PatienceAfterPeer { get; }

    /// <summary>Where the last bytes came from, for an error: <c>line 3</c>.</summary>
    string Place { get; }

    /// <summary>
    /// The next bytes, or the next message, borrowed until the next call; or the end. Bytes that are there already come even
    /// when the token has fired, and a cancelled wait loses none: they come to the next call.
    /// </summary>
    /// <exception cref="ToolException">The source cannot be read.</exception>
    ValueTask<Chunk> ReadAsync(CancellationToken ct);
}

/// <summary>Bytes of a source, possibly none, or its end. (Rejected: a nullable memory, in which a null easily becomes an empty one.)</summary>
internal readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, bool IsEnd = false)
{
    public static Chunk End { get; } = new(default, IsEnd: true);
}

/// <summary>The bytes of <c>--send</c>, in one piece.</summary>
internal sealed class TextSource(byte[] bytes) : IByteSource
{
    private byte[]? _rest = bytes;

    public TimeSpan PatienceAfterPeer => Timeout.InfiniteTimeSpan;

    public string Place => "--send";

    public ValueTask<Chunk> ReadAsync(CancellationToken ct)
    {
        byte[]? all = _rest;
        _rest = null;
        return new(all is null ? Chunk.End : new Chunk(all));
    }
}
