namespace Zocalo.Buffers;

/// <summary>What of a buffer counts in a budget: every segment but a small one that is the buffer's first.</summary>
internal static class BufferGrowth
{
    /// <summary>The segment becomes the buffer's last one.</summary>
    /// <returns>Whether the budget is exceeded now.</returns>
    internal static bool Count(IBufferHolder? holder, Segment segment, bool isFirst)
    {
        if (holder is null || (isFirst && segment.Capacity <= SegmentPool.SmallSize))
        {
            return false;
        }
        segment.IsCounted = true;
        return holder.Budget.Grow(holder, segment.Capacity);
    }

    /// <summary>The buffer no longer needs the segment.</summary>
    /// <returns>The bytes to pass to <see cref="Release"/>, once for all segments that go at the same time.</returns>
    internal static int Uncount(Segment segment)
    {
        if (!segment.IsCounted)
        {
            return 0;
        }
        segment.IsCounted = false;
        return segment.Capacity;
    }

    internal static void Release(IBufferHolder? holder, int bytes)
    {
        if (bytes > 0)
        {
            holder!.Budget.Shrink(holder, bytes);
        }
    }
}
