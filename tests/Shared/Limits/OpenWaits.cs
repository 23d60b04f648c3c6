using System.Collections.Concurrent;

namespace Zocalo;

/// <summary>What each running test waits for, so that one which reaches its limit can say it. Thread-safe.</summary>
internal static class OpenWaits
{
    private static readonly ConcurrentDictionary<Wait, byte> s_open = [];

    /// <summary>A wait of the calling test begins; it ends when the result is disposed.</summary>
    internal static Wait Begin(string what)
    {
        var wait = new Wait(TestContext.Current.Test?.UniqueID, what);
        s_open[wait] = 0;
        return wait;
    }

    /// <summary>A line for each wait of the test; empty when it waits for nothing that has a name.</summary>
    internal static string Of(string testId) =>
        string.Concat(s_open.Keys.Where(wait => wait.TestId == testId).Select(wait => $"  waits for: {wait.What}\n"));

    /// <summary>One wait. Equal to itself only.</summary>
    internal sealed class Wait(string? testId, string what) : IDisposable
    {
        internal string? TestId => testId;

        internal string What => what;

        public void Dispose() => s_open.TryRemove(this, out _);
    }
}
