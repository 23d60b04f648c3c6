using System.Buffers;

namespace Zocalo.Testing.Network;

/// <summary>Bytes in order, in a ring that grows as needed and holds no memory while it is empty. Not thread-safe.</summary>
internal sealed class ByteQueue
{
    private byte[] _ring = [];
    private int _first;

    internal int Count { get; private set; }

    internal void Write(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return;
        }
        Reserve(bytes.Length);
        var last = (_first + Count) % _ring.Length;
        var tillEnd = Math.Min(bytes.Length, _ring.Length - last);
        bytes[..tillEnd].CopyTo(_ring.AsSpan(last));
        bytes[tillEnd..].CopyTo(_ring);
        Count += bytes.Length;
    }

    /// <summary>Reads and removes the first bytes, as many as fit.</summary>
    internal int Read(Span<byte> into)
    {
        var count = Copy(0, into);
        Skip(count);
        return count;
    }

    /// <summary>Copies bytes without removing them.</summary>
    /// <param name="offset">The offset from the first byte.</param>
    /// <param name="into">Filled as far as there are bytes in the queue.</param>
    internal int Copy(int offset, Span<byte> into)
    {
        var count = Math.Min(into.Length, Count - offset);
        if (count > 0)
        {
            var from = (_first + offset) % _ring.Length;
            var tillEnd = Math.Min(count, _ring.Length - from);
            _ring.AsSpan(from, tillEnd).CopyTo(into);
            _ring.AsSpan(0, count - tillEnd).CopyTo(into[tillEnd..]);
        }
        return count;
    }

    /// <summary>Drops the first bytes.</summary>
    internal void Skip(int count)
    {
        Count -= count;
        if (Count > 0)
        {
            _first = (_first + count) % _ring.Length;
            return;
        }
        _first = 0;
        if (_ring.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_ring);
            _ring = [];
        }
    }

    /// <summary>Drops bytes from the middle.</summary>
    internal void Remove(int offset, int count)
    {
        var behind = new byte[Count - offset - count];
        Copy(offset + count, behind);
        DropLast(count + behind.Length);
        Write(behind);
    }

    /// <summary>Drops the last bytes.</summary>
    internal void DropLast(int count)
    {
        Count -= count;
        if (Count == 0)
        {
            Skip(0);
        }
    }

    private void Reserve(int more)
    {
        if (Count + more <= _ring.Length)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(Count + more, 256));
        Copy(0, larger);
        if (_ring.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_ring);
        }
        (_ring, _first) = (larger, 0);
    }
}
