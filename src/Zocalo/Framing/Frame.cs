using System.Buffers;
using System.Runtime.InteropServices;

namespace Zocalo;

/// <summary>
/// The bytes of one message: a view of memory that it does not own, in one segment or in several. A received frame is <em>borrowed</em>: it
/// is valid until the next read from its source; <see cref="ToOwned"/> makes a copy that stays valid. Immutable, and as thread-safe as the
/// memory under it.
/// </summary>
public readonly struct Frame
{
    // In one segment: _length bytes of _array, from _index on. In several: _length bytes of _segment and the segments after it.
    private readonly byte[]? _array;
    private readonly ReadOnlySequenceSegment<byte>? _segment;
    private readonly int _index;
    private readonly int _length;

    /// <summary>A frame in one segment. Nothing is copied, unless the memory does not belong to an array.</summary>
    public Frame(ReadOnlyMemory<byte> bytes)
    {
        var array = MemoryMarshal.TryGetArray(bytes, out var found) ? found : new ArraySegment<byte>(bytes.ToArray());
        _array = array.Array;
        _index = array.Offset;
        _length = array.Count;
    }

    /// <summary>A frame in one or several segments.</summary>
    /// <exception cref="ArgumentException">More than <see cref="int.MaxValue"/> bytes.</exception>
    public Frame(in ReadOnlySequence<byte> bytes)
    {
        if (bytes.IsSingleSegment)
        {
            this = new Frame(bytes.First);
            return;
        }
        if (bytes.Length > int.MaxValue)
        {
            throw new ArgumentException($"A frame has at most {int.MaxValue} bytes, not {bytes.Length}.", nameof(bytes));
        }
        _segment = (ReadOnlySequenceSegment<byte>)bytes.Start.GetObject()!;
        _index = bytes.Start.GetInteger();
        _length = (int)bytes.Length;
    }

    internal Frame(byte[]? array, int index, int length)
    {
        _array = array;
        _index = index;
        _length = length;
    }

    /// <summary>Bytes.</summary>
    public int Length => _length;

    /// <summary>Whether it has no bytes.</summary>
    public bool IsEmpty => _length == 0;

    /// <summary>Whether it lies in one segment, so that <see cref="Memory"/> and <see cref="Span"/> need no copy.</summary>
    public bool IsContiguous => _segment is null;

    /// <summary>The bytes in one segment: without a copy if <see cref="IsContiguous"/>, else copied into a new array.</summary>
    public ReadOnlyMemory<byte> Memory => _segment is null ? new ReadOnlyMemory<byte>(_array, _index, _length) : ToArray();

    /// <summary>The bytes in one segment: without a copy if <see cref="IsContiguous"/>, else copied into a new array.</summary>
    public ReadOnlySpan<byte> Span => _segment is null ? new ReadOnlySpan<byte>(_array, _index, _length) : ToArray();

    /// <summary>The bytes where they are; nothing is copied.</summary>
    public ReadOnlySequence<byte> Sequence
    {
        get
        {
            if (_segment is null)
            {
                return new ReadOnlySequence<byte>(Memory);
            }
            var last = _segment;
            var end = _index + _length;
            while (end > last.Memory.Length)
            {
                end -= last.Memory.Length;
                last = last.Next!;
            }
            return new ReadOnlySequence<byte>(_segment, _index, last, end);
        }
    }

    /// <summary>These bytes as a frame.</summary>
    public static implicit operator Frame(ReadOnlyMemory<byte> bytes) => new(bytes);

    /// <summary>These bytes as a frame.</summary>
    public static implicit operator Frame(Memory<byte> bytes) => new(bytes);

    /// <summary>These bytes as a frame.</summary>
    public static implicit operator Frame(byte[] bytes) => new(bytes);

    /// <summary>A part of the frame; nothing is copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The part does not lie inside the frame.</exception>
    public Frame Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)start, (uint)_length, nameof(start));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)(_length - start), nameof(length));
        return _segment is null ? new Frame(_array, _index + start, length) : new Frame(Sequence.Slice(start, length));
    }

    /// <summary>Copies all bytes.</summary>
    /// <exception cref="ArgumentException"><paramref name="destination"/> is shorter than the frame.</exception>
    public void CopyTo(Span<byte> destination)
    {
        if (_segment is null)
        {
            Span.CopyTo(destination);
        }
        else
        {
            Sequence.CopyTo(destination);
        }
    }

    /// <summary>A new array with its bytes.</summary>
    public byte[] ToArray()
    {
        var bytes = GC.AllocateUninitializedArray<byte>(_length);
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>A copy in memory of its own, valid for as long as you keep it.</summary>
    public Frame ToOwned() => new(ToArray(), 0, _length);

    /// <summary>Such as <c>64 bytes</c>.</summary>
    public override string ToString() => $"{_length} bytes";
}
