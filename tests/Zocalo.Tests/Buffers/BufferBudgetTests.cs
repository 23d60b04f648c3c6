using Zocalo.Buffers;

namespace Zocalo.Tests.Buffers;

/// <summary>Who has to end when the buffers of all connections hold too much, and that counting leaves nothing behind.</summary>
public sealed class BufferBudgetTests
{
    private const int Half = (int)BufferBudget.Least / 2;

    private readonly BufferBudget _budget = new(BufferBudget.Least);

    [Fact]
    public void The_one_that_holds_most_ends_and_not_the_one_that_comes_last()
    {
        var (small, big, last) = (new Holder(_budget), new Holder(_budget), new Holder(_budget));
        Assert.False(small.Grow(4096));
        Assert.False(big.Grow(BufferBudget.Least - 8192));
        Assert.True(last.Grow(8192));
        _budget.Relieve();
        Assert.Equal((false, true, false), (small.HasEnded, big.HasEnded, last.HasEnded));
        Assert.Equal(BufferBudget.Least - 8192, big.ToldToHold);
        Assert.Equal(1, _budget.EndedCount);
    }

    [Fact]
    public void As_many_end_as_it_takes_for_the_others_to_fit_the_biggest_first()
    {
        var all = Enumerable.Range(1, 8).Select(number => new Holder(_budget, number * Half / 11)).ToList();
        _budget.Relieve();      // 36 elevenths of a half are held, 22 are allowed
        Assert.Equal([false, false, false, false, false, false, true, true], all.Select(holder => holder.HasEnded));
    }

    [Fact]
    public void What_one_that_had_to_end_still_holds_is_left_out_until_everything_is_twice_the_limit()
    {
        var stuck = new Holder(_budget, 3 * Half);
        _budget.Relieve();
        Assert.True(stuck.HasEnded);
        var next = new Holder(_budget);
        Assert.False(next.Grow(Half - 4096));
        Assert.True(next.Grow(8192));           // the limit is not reached by it alone, and twice the limit is by both
        _budget.Relieve();
        Assert.True(next.HasEnded);
        Holder[] others = [new(_budget, 4096), new(_budget, 8192)];
        _budget.Relieve();
        Assert.Equal([false, true], others.Select(holder => holder.HasEnded));      // one for each that grows, not all
    }

    [Fact]
    public void Within_the_limit_nobody_ends()
    {
        var holder = new Holder(_budget);
        Assert.False(holder.Grow((int)BufferBudget.Least));
        _budget.Relieve();
        Assert.False(holder.HasEnded);
        holder.Shrink((int)BufferBudget.Least);
        Assert.Equal(0, _budget.Held);
    }

    /// <summary>What is given back makes room, also that of one which had to end.</summary>
    [Fact]
    public void What_is_given_back_is_forgotten()
    {
        var first = new Holder(_budget, 3 * Half);
        _budget.Relieve();
        first.Shrink(3 * Half);
        Assert.Equal((0, 0), (_budget.Held, first.BudgetEntry));
        var second = new Holder(_budget);
        Assert.False(second.Grow(2 * Half));
        Assert.Equal(1, _budget.EndedCount);
    }

    [Fact]
    public void Growing_and_shrinking_allocate_nothing()
    {
        Holder[] holders = [new(_budget), new(_budget), new(_budget)];
        RunOnce();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            RunOnce();
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(0, _budget.Held);

        void RunOnce()
        {
            foreach (var holder in holders)
            {
                holder.Grow(65536);
            }
            foreach (var holder in holders)
            {
                holder.Shrink(65536);
            }
        }
    }

    [Fact]
    public void The_shared_budget_is_a_quarter_of_what_the_process_may_use()
    {
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;
        Assert.Equal(Math.Max(BufferBudget.Least, memory / 4), BufferBudget.Shared.Limit);
        Assert.Same(BufferBudget.Shared, ConnectionOptions.Default.BufferBudget);
    }

    [Fact]
    public void A_budget_that_is_too_small_is_refused_with_the_least_one()
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => new BufferBudget(1000));
        Assert.StartsWith("BufferBudget is 1000 bytes; it must be at least 1048576.", error.Message, StringComparison.Ordinal);
    }

    private sealed class Holder(BufferBudget budget) : IBufferHolder
    {
        internal Holder(BufferBudget budget, int held) : this(budget) => Grow(held);

        internal bool HasEnded { get; private set; }

        internal long Held { get; private set; }

        internal long ToldToHold { get; private set; }

        public BufferBudget Budget => budget;

        public int BudgetEntry { get; set; }

        internal bool Grow(long bytes)
        {
            Held += bytes;
            return budget.Grow(this, (int)bytes);
        }

        internal void Shrink(int bytes)
        {
            Held -= bytes;
            budget.Shrink(this, bytes);
        }

        public bool EndForBudget(long held)
        {
            (HasEnded, ToldToHold) = (true, held);
            return true;
        }
    }
}
