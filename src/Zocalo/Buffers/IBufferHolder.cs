namespace Zocalo.Buffers;

/// <summary>A connection, as the budget for its buffers sees it.</summary>
internal interface IBufferHolder
{
    /// <summary>The budget that its buffers count in.</summary>
    BufferBudget Budget { get; }

    /// <summary>Its entry in the budget's table; 0 while it holds nothing that counts, below 0 when nothing of it counts any more. The
    /// budget's own, read and written under the budget's lock.</summary>
    int BudgetEntry { get; set; }

    /// <summary>The budget is full, and this connection holds most of it: it has to end. Called without a lock, from any thread.</summary>
    /// <param name="held">The bytes that it holds.</param>
    /// <returns>Whether this call ended it; false when it had broken or ended before.</returns>
    bool EndForBudget(long held);
}
