namespace Zocalo.Cli;

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
        while (true)
        {
            if (messages.TryRead(out ReadOnlyMemory<byte> message))
            {
                return new Chunk(message);
            }
            if (_rest.IsEmpty)
            {
                Chunk chunk = await input.ReadAsync(ct);
                if (chunk.IsEnd)
                {
                    return messages.TryEnd(out ReadOnlyMemory<byte> last) ? new Chunk(last) : Chunk.End;
                }
                _rest = chunk.Bytes;
            }
            Memory<byte> room = messages.Room();
            int count = Math.Min(room.Length, _rest.Length);
            _rest[..count].CopyTo(room);
            messages.Add(count);
            _rest = _rest[count..];
        }
    }
}
