namespace Zocalo.Cli;

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
            int count = input.ReadAt(_offset, _buffer);
            _offset += count;
            return new(new Chunk(_buffer.AsMemory(0, count), IsEnd: count == 0));
        }
        catch (IOException failure)
        {
            throw StandardInputSource.Unreadable(failure);
        }
    }
}
