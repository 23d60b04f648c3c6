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
        var all = _rest;
        _rest = null;
        return new(all is null ? Chunk.End : new Chunk(all));
    }
}

/// <summary>
/// Standard input that is a file, read at an offset of its own from where it stood when the tool started: each client of
/// <c>listen -k</c> gets all of it, several at once too, and the descriptor's own offset stays where it is.
/// </summary>
internal sealed class FileSource(StandardStream input, long start) : IByteSource
{
    private const int ChunkSize = 64 * 1024;

    private long _offset = start;
    private byte[]? _buffer;

    public bool EndsByItself => true;

    public TimeSpan GraceAfterPeer => StandardInputSource.Grace;

    public string Place => "standard input";

    public ValueTask<Chunk> ReadAsync(CancellationToken ct)
    {
        _buffer ??= new byte[ChunkSize];
        try
        {
            var count = input.ReadAt(_offset, _buffer);
            _offset += count;
            return new(new Chunk(_buffer.AsMemory(0, count), IsEnd: count == 0));
        }
        catch (IOException failure)
        {
            throw StandardInputSource.Unreadable(failure);
        }
    }
}

/// <summary>Messages from standard input: each chunk is one. What an earlier connection did not take goes to the next one.</summary>
internal sealed class LineSource(IByteSource input, PayloadInput messages) : IByteSource
{
    // Of the input's last chunk, which is ours until its next read.
    private ReadOnlyMemory<byte> _rest;

    public bool EndsByItself => input.EndsByItself;

    public TimeSpan GraceAfterPeer => input.GraceAfterPeer;

    public string Place => messages.Place;

    public async ValueTask<Chunk> ReadAsync(CancellationToken ct)
    {
        ReadOnlyMemory<byte> message;
        while (!messages.TryRead(out message))
        {
            if (_rest.IsEmpty)
            {
                var chunk = await input.ReadAsync(ct);
                if (chunk.IsEnd)
                {
                    return messages.TryEnd(out message) ? new Chunk(message) : Chunk.End;
                }
                _rest = chunk.Bytes;
            }
            var room = messages.Room();
            var count = Math.Min(room.Length, _rest.Length);
            _rest[..count].CopyTo(room);
            messages.Add(count);
            _rest = _rest[count..];
        }
        return new Chunk(message);
    }
}
