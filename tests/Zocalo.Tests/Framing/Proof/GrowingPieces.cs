using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Bytes in segments that fill up one after the other, as a connection's do: what arrives is in the segment that was there
/// already, if that has room.</summary>
/// <param name="capacity">Bytes of a segment.</param>
internal sealed class GrowingPieces(int capacity)
{
    private Piece? _first;
    private Piece? _last;
    private int _start;

    /// <summary>What is there from the last <see cref="Consumed"/> on.</summary>
    public ReadOnlySequence<byte> Sequence =>
        _first is null ? default : new ReadOnlySequence<byte>(_first, _start, _last!, _last!.Memory.Length);

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (_last is null || _last.Memory.Length == capacity)
            {
                _last = new Piece(capacity, _last);
                _first ??= _last;
            }
            bytes = bytes[_last.Add(bytes)..];
        }
    }

    /// <summary>Drops everything before <paramref name="position"/>.</summary>
    public void Consumed(SequencePosition position)
    {
        if (position.GetObject() is Piece piece)
        {
            _first = piece;
            _start = position.GetInteger();
        }
    }

    /// <summary>The same, and moves what is left to the front of the same segment. Only while there is one.</summary>
    public void Compact(SequencePosition position)
    {
        Consumed(position);
        _first?.Drop(_start);
        _start = 0;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        private readonly byte[] _bytes;

        public Piece(int capacity, Piece? before)
        {
            _bytes = new byte[capacity];
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }

        public int Add(ReadOnlySpan<byte> bytes)
        {
            var count = Math.Min(bytes.Length, _bytes.Length - Memory.Length);
            bytes[..count].CopyTo(_bytes.AsSpan(Memory.Length));
            Memory = _bytes.AsMemory(0, Memory.Length + count);
            return count;
        }

        public void Drop(int count)
        {
            var left = Memory[count..];
            left.CopyTo(_bytes);
            Memory = _bytes.AsMemory(0, left.Length);
        }
    }
}
