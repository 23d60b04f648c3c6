using System.Buffers;

namespace Zocalo.Cli;

/// <summary>
/// Frames out of bytes that come in chunks of any size: fill the <see cref="Room"/>, say how much with <see cref="Add"/>, read. What is
/// left of a chunk waits for the next one; so there is never more in memory than the beginning of one frame and a chunk.
/// </summary>
internal sealed class ChunkedFrames(FrameFormat format)
{
    private const int ChunkSize = 64 * 1024;

    private readonly FrameReader _frames = new(format);

    // _start to _end is what the reader was given last.
    private byte[] _bytes = new byte[2 * ChunkSize];
    private int _start;
    private int _end;

    /// <summary>Where the frame to be read next begins, in bytes from the beginning of the stream.</summary>
    public long Offset => _frames.Offset;

    /// <summary>The beginning of a frame that is not whole, once <see cref="TryRead"/> has said no.</summary>
    public ReadOnlyMemory<byte> Rest => _bytes.AsMemory(_end - (int)_frames.Leftover, (int)_frames.Leftover);

    /// <summary>At least one chunk's room for what comes next. Frames that were read are no longer valid.</summary>
    public Memory<byte> Room()
    {
        int left = Rest.Length;
        _start = _end - left;
        if (_bytes.Length - _end < ChunkSize)
        {
            byte[] into = left + ChunkSize <= _bytes.Length / 2 ? _bytes : new byte[2 * (left + ChunkSize)];
            Buffer.BlockCopy(_bytes, _start, into, 0, left);
            (_bytes, _start, _end) = (into, 0, left);
        }
        return _bytes.AsMemory(_end);
    }

    /// <summary>The first <paramref name="count"/> bytes of the room hold what came.</summary>
    public void Add(int count)
    {
        _end += count;
        _frames.Begin(new ReadOnlySequence<byte>(_bytes, _start, _end - _start));
    }

    /// <summary>The next frame that is whole.</summary>
    /// <exception cref="FrameException">The bytes are against the format.</exception>
    public bool TryRead(out Frame frame) => _frames.TryRead(out frame);

    /// <summary>Nothing more comes.</summary>
    /// <returns>Whether that ended a last frame.</returns>
    /// <exception cref="FrameException">A frame was cut off.</exception>
    public bool TryEnd(out Frame last) => _frames.TryEnd(out last);
}
