using System.Buffers;

namespace Zocalo.Testing.Misbehaviour;

/// <summary>The bytes written to a <see cref="MisbehavingStream"/>: they are passed on to the inner stream in pieces, at once or when the
/// stream is flushed.</summary>
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
            // Before the bytes are read, to expose a caller that changes them before the write has completed.
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

    /// <summary>Keeps the bytes that a failed or cancelled flush has not passed on, for the next flush.</summary>
    private void Forget(int count)
    {
        var rest = _held.WrittenSpan[count..].ToArray();
        _held.ResetWrittenCount();
        _held.Write(rest);
    }
}
