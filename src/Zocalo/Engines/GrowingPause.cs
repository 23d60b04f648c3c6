namespace Zocalo.Engines;

/// <summary>Pauses between tries, each twice as long as the one before, up to the longest.</summary>
internal struct GrowingPause(TimeSpan first, TimeSpan longest)
{
    private TimeSpan _last;

    /// <summary>One has been made since the beginning, or the last <see cref="Reset"/>.</summary>
    internal readonly bool HasBegun => _last > TimeSpan.Zero;

    /// <summary>For connecting to a Unix listener whose backlog is full: no event comes when it is not (unix(7)).</summary>
    internal static GrowingPause WhileBacklogIsFull() => new(TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50));

    internal TimeSpan Next() => _last = !HasBegun ? first : _last * 2 < longest ? _last * 2 : longest;

    internal void Reset() => _last = TimeSpan.Zero;
}
