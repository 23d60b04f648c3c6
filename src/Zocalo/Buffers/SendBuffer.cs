using System.Buffers;

namespace Zocalo.Buffers;

/// <summary>
/// The bytes that were written and not yet handed to the kernel: <c>sent ≤ flushed ≤ written</c>. Not thread-safe: its owner calls
/// everything under its lock. Flushed bytes may be read without the lock until <see cref="Release"/>, because appending does not change
/// them.
/// </summary>
/// <remarks>A struct, so that an idle connection has one object less. It is a field of its owner and is never copied.</remarks>
internal struct SendBuffer
{
    private Segment? _head;
    private Segment? _tail;
    private int _lent;              // bytes at the tail's free end that the writer holds since GetMemory
    private long _sent;
    private long _flushed;
    private long _written;

    internal long Sent => _sent;

    internal long Unflushed => _written - _flushed;

    internal long FlushedUnsent => _flushed - _sent;

    internal bool IsEmpty => _written == _sent;

    /// <summary>The budget was exceeded when it grew: the owner relieves the budget after the unlock. Read without the lock.</summary>
    internal bool IsOver { get; private set; }

    internal void ClearOver() => IsOver = false;

    /// <summary>The first <paramref name="count"/> bytes of what is flushed and not sent, at least one.</summary>
    internal readonly ReadOnlySequence<byte> First(long count)
    {
        var (head, end) = (_head!, _sent + count);
        var last = head;
        while (last.End < end)
        {
            last = last.NextSegment!;
        }
        return new ReadOnlySequence<byte>(head, (int)(_sent - head.Start), last, (int)(end - last.Start));
    }

    /// <summary>The same, if they are contiguous.</summary>
    internal readonly bool TryGetFirst(int count, out ReadOnlySpan<byte> bytes)
    {
        var head = _head!;
        var isOnePiece = _sent + count <= head.End;
        bytes = isOnePiece ? head.Array.AsSpan((int)(_sent - head.Start), count) : default;
        return isOnePiece;
    }

    /// <summary>Contiguous memory of at least <paramref name="sizeHint"/> bytes (at least one).</summary>
    /// <param name="sizeHint">Bytes.</param>
    /// <param name="holder">Whose budget the buffer counts in; null: it is not counted.</param>
    internal Memory<byte> GetMemory(int sizeHint, IBufferHolder? holder = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(sizeHint);
        var size = Math.Max(sizeHint, 1);
        if (_tail is null)
        {
            _head = _tail = Rent(size, holder);
            _tail.Begin(_written);
        }
        else if (_tail.Free < size)
        {
            var next = Rent(Math.Max(size, SegmentPool.LargeSize), holder);
            _tail.Append(next);
            _tail = next;
        }
        _lent = _tail.Free;
        return _tail.FreeMemory;
    }

    /// <remarks>May be called several times for one <see cref="GetMemory"/>: each call continues where the last one ended.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">More than is left of what the last <see cref="GetMemory"/> gave.</exception>
    internal void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count, "bytes");
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, _lent, "bytes");
        _lent -= count;
        if (count > 0)
        {
            _tail!.Extend(count);
            _written += count;
        }
    }

    /// <param name="bytes">They are copied.</param>
    /// <param name="holder">As for <see cref="GetMemory"/>.</param>
    internal void Write(ReadOnlySpan<byte> bytes, IBufferHolder? holder = null)
    {
        while (!bytes.IsEmpty)
        {
            // Large writes go into large segments at once. The hint never exceeds one segment.
            var room = GetMemory(_tail is { Free: > 0 } ? 1 : Math.Min(bytes.Length, SegmentPool.LargeSize), holder).Span;
            var count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            Advance(count);
            bytes = bytes[count..];
        }
        _lent = 0;
    }

    /// <summary>Everything written so far may be sent.</summary>
    internal void Flush() => _flushed = _written;

    /// <summary>
    /// The writer no longer uses the memory from <see cref="GetMemory"/>. Only the writer may call this: a close on another thread flushes
    /// what was written while the writer may still be filling its memory.
    /// </summary>
    internal void EndLoan() => _lent = 0;

    /// <summary>Counts bytes that went to the kernel and not through this buffer. Only while it is empty.</summary>
    internal void CountDirect(int bytes)
    {
        System.Diagnostics.Debug.Assert(IsEmpty, "bytes overtook what was written before them");
        _lent = 0;
        ReleaseTail();
        _sent += bytes;
        _flushed = _written = _sent;
    }

    /// <summary>The kernel has taken the next <paramref name="bytes"/> flushed bytes: releases their memory.</summary>
    internal void Release(long bytes)
    {
        _sent += bytes;
        while (_head is { } head && head.End <= _sent && head != _tail)
        {
            _head = head.NextSegment;
            BufferGrowth.Uncount(head);
            SegmentPool.Return(head);
        }
        if (IsEmpty)
        {
            ReleaseTail();
        }
    }

    /// <summary>Drops what was not sent, because the connection is broken. Nothing may be in flight.</summary>
    internal void DiscardAll()
    {
        while (_head is { } head && head != _tail)
        {
            _head = head.NextSegment;
            BufferGrowth.Uncount(head);
            SegmentPool.Return(head);
        }
        _flushed = _written = _sent;
        if (_tail is { } tail)
        {
            BufferGrowth.Uncount(tail);
            if (_lent == 0)
            {
                SegmentPool.Return(tail);
            }
        }
        _head = _tail = null;       // a tail that the writer still holds is left to the garbage collector: the writer may still fill it
    }

    private void ReleaseTail()
    {
        // Memory that the writer holds never goes back to the pool.
        if (_lent == 0 && _tail is { } tail)
        {
            _head = _tail = null;
            BufferGrowth.Uncount(tail);
            SegmentPool.Return(tail);
        }
    }

    private Segment Rent(int size, IBufferHolder? holder)
    {
        var segment = SegmentPool.Rent(size);
        IsOver |= BufferGrowth.Count(holder, segment, isFirst: _tail is null);
        return segment;
    }
}
