using System.Buffers;

namespace Zocalo.Testing.InMemory;

/// <summary>
/// One direction of a stream as plain state: the bytes that were sent and not yet received, at most a window of them, and whether a FIN lies behind them.
/// </summary>
/// <remarks>No lock, no thread, no clock: <see cref="StreamEnd"/> gives it TCP's rules, <see cref="InMemoryChannel"/> the lock. An empty wire holds no memory.</remarks>
internal sealed class Wire(int window)
{
    private byte[] _ring = [];
    private int _first;

    internal int Queued { get; private set; }

    internal bool HasRoom => Queued < window;

    /// <summary>A FIN was sent: nothing follows what is queued.</summary>
    internal bool IsFinished { get; private set; }

    /// <summary>Takes what fits into the window.</summary>
    internal int Write(ReadOnlySpan<byte> bytes)
    {
        System.Diagnostics.Debug.Assert(!IsFinished, "bytes behind a FIN");
        var count = Math.Min(bytes.Length, window - Queued);
        if (count == 0)
        {
            return 0;
        }
        if (_ring.Length == 0)
        {
            _ring = ArrayPool<byte>.Shared.Rent(window);
        }
        var last = (_first + Queued) % _ring.Length;
        var tillEnd = Math.Min(count, _ring.Length - last);
        bytes[..tillEnd].CopyTo(_ring.AsSpan(last));
        bytes[tillEnd..count].CopyTo(_ring);
        Queued += count;
        return count;
    }

    /// <summary>Gives what is queued, as far as it fits.</summary>
    internal int Read(Span<byte> into)
    {
        var count = Math.Min(into.Length, Queued);
        var tillEnd = Math.Min(count, _ring.Length - _first);
        _ring.AsSpan(_first, tillEnd).CopyTo(into);
        _ring.AsSpan(0, count - tillEnd).CopyTo(into[tillEnd..]);
        Queued -= count;
        _first = Queued == 0 ? 0 : (_first + count) % _ring.Length;
        if (Queued == 0)
        {
            Release();
        }
        return count;
    }

    internal void Finish() => IsFinished = true;

    /// <summary>Nobody will receive what is queued.</summary>
    internal void Discard()
    {
        Queued = 0;
        Release();
    }

    private void Release()
    {
        _first = 0;
        if (_ring.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_ring);
            _ring = [];
        }
    }
}
