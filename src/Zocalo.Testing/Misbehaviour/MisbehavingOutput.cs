using System.Buffers;

namespace Zocalo.Testing.Misbehaviour;

/// <summary>What a <see cref="MisbehavingStream"/> was given to write: passed on to the inner stream in pieces, at once or when it is
/// flushed.</summary>
internal sealed class MisbehavingOutput(Stream inner, MisbehavingDirection direction, bool holds)
{
    private readonly ArrayBufferWriter<byte> _held = new();

    internal int BytesHeld => _held.WrittenCount;

    internal ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!holds)
        {
            return PassOnAsync(bytes, cancellationToken);
        }
        cancellationToken.ThrowIfCancellationRequested();
        _held.Write(bytes.Span);
        return default;
    }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (holds)
        {
            _held.Write(bytes);
        }
        else
        {
            PassOn(bytes);
        }
    }

    internal async ValueTask PassHeldOnAsync(CancellationToken cancellationToken)
    {
        if (_held.WrittenCount > 0)
        {
            var before = direction.Bytes;
            try
            {
                await PassOnAsync(_held.WrittenMemory, cancellationToken);
            }
            finally
            {
                Forget((int)(direction.Bytes - before));
            }
        }
    }

    internal void PassHeldOn()
    {
        if (_held.WrittenCount > 0)
        {
            var before = direction.Bytes;
            try
            {
                PassOn(_held.WrittenSpan);
            }
            finally
            {
                Forget((int)(direction.Bytes - before));
            }
        }
    }

    private async ValueTask PassOnAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        do
        {
            // Before the bytes are looked at: a caller that changes them while the write is under way is found out.
            await direction.PauseAsync(cancellationToken);
            var piece = bytes[..direction.NextSize(bytes.Length)];
            await inner.WriteAsync(piece, cancellationToken);
            direction.Moved(piece.Length);
            bytes = bytes[piece.Length..];
        }
        while (!bytes.IsEmpty);
    }

    private void PassOn(ReadOnlySpan<byte> bytes)
    {
        do
        {
            direction.Pause();
            var piece = bytes[..direction.NextSize(bytes.Length)];
            inner.Write(piece);
            direction.Moved(piece.Length);
            bytes = bytes[piece.Length..];
        }
        while (!bytes.IsEmpty);
    }

    /// <summary>Keeps what a flush that failed, or was cancelled, did not pass on: the next one goes on there.</summary>
    private void Forget(int count)
    {
        var rest = _held.WrittenSpan[count..].ToArray();
        _held.ResetWrittenCount();
        _held.Write(rest);
    }
}
