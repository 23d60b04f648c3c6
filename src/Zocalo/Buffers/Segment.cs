using System.Buffers;

namespace Zocalo.Buffers;

/// <summary>
/// One pooled block of memory, a link in the chain of a receive or a send buffer.
/// Owned by exactly one buffer between <see cref="SegmentPool.Rent"/> and <see cref="SegmentPool.Return"/>.
/// </summary>
internal sealed class Segment : ReadOnlySequenceSegment<byte>
{
    internal Segment(int capacity)
    {
        // Pinned for good, so that an engine may hand the address to the kernel without a handle for each operation.
        Array = GC.AllocateUninitializedArray<byte>(capacity, pinned: true);
    }

    internal byte[] Array { get; }

    internal int Capacity => Array.Length;

    /// <summary>Bytes of <see cref="Array"/> that hold data, from its beginning.</summary>
    internal int Length { get; private set; }

    internal int Free => Capacity - Length;

    internal Memory<byte> FreeMemory => Array.AsMemory(Length);

    /// <summary>The position in the whole stream of this segment's first byte: never reset, so positions compare across segments.</summary>
    internal long Start => RunningIndex;

    internal long End => RunningIndex + Length;

    internal Segment? NextSegment => (Segment?)Next;

    /// <summary>The connection in whose budget it counts; null: it does not count.</summary>
    internal IBufferHolder? CountedFor { get; set; }

    /// <summary>The pool's link while the segment is in the pool.</summary>
    internal Segment? NextAtRest { get; set; }

    /// <summary>Makes the segment new, at the given position of a stream.</summary>
    internal void Begin(long start)
    {
        RunningIndex = start;
        Length = 0;
        Next = null;
        // The whole array until another segment follows. A reader bounds its sequence by an index, so it never reads beyond its data, and a
        // writer that appends while an earlier part is being sent changes nothing that the sender reads.
        Memory = Array;
    }

    internal void Extend(int count)
    {
        System.Diagnostics.Debug.Assert(count >= 0 && count <= Free, "a segment was filled beyond its end");
        Length += count;
    }

    /// <summary>Links <paramref name="next"/> behind this segment, which gets no more data from now on.</summary>
    internal void Append(Segment next)
    {
        Memory = Array.AsMemory(0, Length);
        next.Begin(End);
        Next = next;
    }
}
