namespace Zocalo.Buffers;

/// <summary>
/// Lends segments of two sizes. Thread-safe. A few rest beside each thread, the others in one shared list of bounded size;
/// what exceeds it goes to the garbage collector. Larger requests are served unpooled.
/// </summary>
/// <remarks>
/// Two classes, because measurements said so: 4 KiB keeps the many small messages cheap in memory, 64 KiB keeps the few large
/// ones cheap in system calls. A class in between gained nothing.
/// </remarks>
internal static class SegmentPool
{
    // A little less than 4 KiB: so much a segment takes with its own objects, and no more may a peer cost that sends the beginning of a
    // message and then nothing.
    internal const int SmallSize = (4 * 1024) - 256;
    internal const int LargeSize = 64 * 1024;

    private const int SmallPerThread = 16;
    private const int LargePerThread = 2;
    private const int SharedBytesPerClass = 16 * 1024 * 1024;

    private static readonly SharedRest SmallRest = new(SharedBytesPerClass / SmallSize);
    private static readonly SharedRest LargeRest = new(SharedBytesPerClass / LargeSize);

    [ThreadStatic]
    private static bool t_keepsNothing;

    [ThreadStatic]
    private static Stack t_small;

    [ThreadStatic]
    private static Stack t_large;

    /// <summary>The calling thread serves one connection and is idle most of its life: nothing rests beside it.</summary>
    internal static void KeepNothingHere() => t_keepsNothing = true;

    /// <summary>A segment of at least <paramref name="size"/> bytes, empty; the caller links it or calls
    /// <see cref="Segment.Begin"/>.</summary>
    internal static Segment Rent(int size) => size switch
    {
        <= SmallSize => t_small.Take() ?? SmallRest.Take() ?? new Segment(SmallSize),
        <= LargeSize => t_large.Take() ?? LargeRest.Take() ?? new Segment(LargeSize),
        _ => new Segment(size),
    };

    /// <summary>Takes a segment back. Nobody may hold a span of it any more.</summary>
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
