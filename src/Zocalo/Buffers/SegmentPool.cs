namespace Zocalo.Buffers;

/// <summary>
/// A pool of segments of two sizes. Thread-safe. It keeps a few segments for each thread and the others in one shared list of bounded size;
/// what exceeds the list is left to the garbage collector. Larger requests get a segment that is not pooled.
/// </summary>
/// <remarks>
/// Two sizes, because measurements showed: 4 KiB saves memory for the many small messages, 64 KiB saves system calls for the few large
/// ones. A size in between gained nothing.
/// </remarks>
internal static class SegmentPool
{
    // A little less than 4 KiB, so that a segment with its own objects takes 4 KiB. A peer that sends the beginning of a message and then
    // nothing must not cost more.
    internal const int SmallSize = (4 * 1024) - 256;
    internal const int LargeSize = 64 * 1024;

    private const int SmallPerThread = 16;
    private const int LargePerThread = 2;
    private const int MostSharedBytesPerClass = 16 * 1024 * 1024;

    // In a small container the rest of one burst must not take the memory that the next one needs in the other size.
    private const int ShareOfMemory = 16;

    private static readonly int SharedBytesPerClass =
        (int)Math.Min(MostSharedBytesPerClass, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / ShareOfMemory);

    private static readonly SharedRest SmallRest = new(SharedBytesPerClass / SmallSize);
    private static readonly SharedRest LargeRest = new(SharedBytesPerClass / LargeSize);

    [ThreadStatic]
    private static bool t_keepsNothing;

    [ThreadStatic]
    private static Stack t_small;

    [ThreadStatic]
    private static Stack t_large;

    /// <summary>The calling thread serves one connection and is idle most of the time: the pool keeps nothing for it.</summary>
    internal static void KeepNothingHere() => t_keepsNothing = true;

    /// <summary>A segment of at least <paramref name="size"/> bytes, empty; the caller links it or calls
    /// <see cref="Segment.Begin"/>.</summary>
    internal static Segment Rent(int size) => size switch
    {
        <= SmallSize => t_small.Take() ?? SmallRest.Take() ?? new Segment(SmallSize),
        <= LargeSize => t_large.Take() ?? LargeRest.Take() ?? new Segment(LargeSize),
        _ => new Segment(size),
    };

    /// <summary>Takes a segment back. No code may use a span of it any more.</summary>
    internal static void Return(Segment segment)
    {
        segment.Begin(0);
        if (segment.Capacity == SmallSize)
        {
            if (t_keepsNothing || !t_small.Put(segment, SmallPerThread))
            {
                SmallRest.Put(segment);
            }
        }
        else if (segment.Capacity == LargeSize && (t_keepsNothing || !t_large.Put(segment, LargePerThread)))
        {
            LargeRest.Put(segment);
        }
    }

    private struct Stack
    {
        private Segment? _first;
        private int _count;

        internal Segment? Take()
        {
            var segment = _first;
            if (segment is not null)
            {
                _first = segment.NextAtRest;
                segment.NextAtRest = null;
                _count--;
            }
            return segment;
        }

        internal bool Put(Segment segment, int limit)
        {
            if (_count >= limit)
            {
                return false;
            }
            segment.NextAtRest = _first;
            _first = segment;
            _count++;
            return true;
        }
    }

    private sealed class SharedRest(int limit)
    {
        private readonly Lock _lock = new();
        private Stack _rest;

        internal Segment? Take()
        {
            lock (_lock)
            {
                return _rest.Take();
            }
        }

        internal void Put(Segment segment)
        {
            lock (_lock)
            {
                _rest.Put(segment, limit);
            }
        }
    }
}
