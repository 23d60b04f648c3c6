namespace Zocalo.Cli;

/// <summary>Where the bytes to send come from.</summary>
internal interface IByteSource
{
    /// <summary>Whether it comes to an end without anybody's help, as a file does: then it is not cut by a server that drains.</summary>
    bool EndsByItself { get; }

    /// <summary>
    /// With <see cref="PeerEof.Exit"/>: how long it is still read once the peer has finished. Zero for a terminal: a person is not
    /// waited for.
    /// </summary>
    TimeSpan GraceAfterPeer { get; }

    /// <summary>Where the last bytes came from, for an error: <c>line 3</c>.</summary>
    string Place { get; }

    /// <summary>
    /// The next bytes, or the next message, borrowed until the next call; or the end. Bytes that are there already come even
    /// when the token has fired, and a cancelled wait loses none: they come to the next call.
    /// </summary>
    /// <exception cref="ToolException">The source cannot be read.</exception>
    ValueTask<Chunk> ReadAsync(CancellationToken ct);

    /// <summary>Nothing more is read for this conversation; what it borrowed is given back.</summary>
    void Release()
    {
    }
}

/// <summary>Bytes of a source, possibly none, or its end. (Rejected: a nullable memory, in which a null easily becomes an empty
/// one.)</summary>
internal readonly record struct Chunk(ReadOnlyMemory<byte> Bytes, bool IsEnd = false)
{
    public static Chunk End { get; } = new(default, IsEnd: true);
}

/// <summary>The bytes of <c>--send</c> or <c>--send-hex</c>, in one piece; none with <c>--recv-only</c>.</summary>
internal sealed class TextSource(byte[]? bytes, string option) : IByteSource
{
    private byte[]? _rest = bytes;

    public bool EndsByItself => true;

    public TimeSpan GraceAfterPeer => TimeSpan.Zero;

    public string Place => option;

    public ValueTask<Chunk> ReadAsync(CancellationToken ct)
    {
        byte[]? all = _rest;
        _rest = null;
        return new(all is null ? Chunk.End : new Chunk(all));
    }
}
