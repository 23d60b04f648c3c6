/// <summary>
/// Whether code is back where it was after an await without ConfigureAwait(false): in the SynchronizationContext of its connection, which
/// is its home. One for each connection; the counts are the server's.
/// </summary>
internal sealed class Home(HomeCounts counts)
{
    private SynchronizationContext? _own;

    /// <summary>The connection has done something that may move it to the thread pool, where there is no context.</summary>
    internal bool HasBlocked { get; set; }

    internal async Task<T> AwaitAsync<T>(Task<T> task)
    {
        var before = SynchronizationContext.Current;
        var result = await task;
        Compare(before, SynchronizationContext.Current);
        return result;
    }

    private void Compare(SynchronizationContext? before, SynchronizationContext? after)
    {
        _own ??= before ?? after;
        Interlocked.Increment(ref CountOf(before, after));
    }

    private ref long CountOf(SynchronizationContext? before, SynchronizationContext? after)
    {
        if (after is null)
        {
            return ref before is null ? ref counts.Without : ref HasBlocked ? ref counts.Moved : ref counts.MovedForNothing;
        }
        return ref after != _own ? ref counts.Astray : ref before is null ? ref counts.CameBack : ref counts.Kept;
    }
}

/// <summary>Awaits, by where the code was before and after.</summary>
internal sealed class HomeCounts
{
    /// <summary>At home before and after.</summary>
    internal long Kept;

    /// <summary>Without a context before and after: on the thread pool, as everything is on the engine async.</summary>
    internal long Without;

    /// <summary>At home before, without a context after: a connection that has blocked was moved to the thread pool meanwhile.</summary>
    internal long Moved;

    /// <summary>The same of a connection that has never blocked. No error: a rescue or a mark that it did not deserve.</summary>
    internal long MovedForNothing;

    /// <summary>Without a context before, at home after: a connection came back from the thread pool.</summary>
    internal long CameBack;

    /// <summary>In another context than its own: an error.</summary>
    internal long Astray;
}
