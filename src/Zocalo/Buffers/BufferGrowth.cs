namespace Zocalo.Buffers;

/// <summary>What of a buffer counts in a budget: every segment but a small one that is the buffer's first.</summary>
internal static class BufferGrowth
{
    /// <summary>The segment becomes the buffer's last one.</summary>
    /// <param name="holder">Whose budget it counts in; null: it is not counted.</param>
    /// <param name="segment">The segment, which remembers that.</param>
    /// <param name="isFirst">The buffer was empty.</param>
    /// <returns>Whether the budget is exceeded now.</returns>
    internal static bool Count(IBufferHolder? holder, Segment segment, bool isFirst)
    {
        if (holder is null || (isFirst && segment.Capacity <= SegmentPool.SmallSize) || holder.Budget.IsUnlimited)
        {
            return false;
        }
        segment.CountedFor = holder;
        return holder.Budget.Grow(holder, segment.Capacity);
    }

    /// <summary>The buffer no longer needs the segment.</summary>
    internal static void Uncount(Segment segment)
    {
        if (segment.CountedFor is { } holder)
        {
            segment.CountedFor = null;
            holder.Budget.Shrink(holder, segment.Capacity);
        }
    }
}
