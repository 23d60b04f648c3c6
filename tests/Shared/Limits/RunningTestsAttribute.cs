using System.Collections.Concurrent;
using System.Reflection;
using Xunit.v3;

[assembly: Zocalo.RunningTests]

namespace Zocalo;

/// <summary>
/// Which tests are running. The waits of one that reaches its limit are printed into its output; those of all are for a standstill.
/// Thread-safe.
/// </summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class RunningTestsAttribute : BeforeAfterTestAttribute
{
    private static readonly ConcurrentDictionary<string, Entry> s_running = [];

    private static long s_ended;

    /// <summary>How many tests have ended.</summary>
    internal static long EndedCount => Interlocked.Read(ref s_ended);

    public override void Before(MethodInfo methodUnderTest, IXunitTest test)
    {
        var output = TestContext.Current.TestOutputHelper;
        // xunit cancels the token when the limit is reached, and reports the output after that.
        var atLimit = TestContext.Current.CancellationToken.UnsafeRegister(_ => Print(test.UniqueID, output), null);
        s_running[test.UniqueID] = new(test.TestDisplayName, atLimit);
    }

    public override void After(MethodInfo methodUnderTest, IXunitTest test)
    {
        if (s_running.TryRemove(test.UniqueID, out var entry))
        {
            entry.AtLimit.Unregister();
        }
        Interlocked.Increment(ref s_ended);
    }

    /// <summary>Every test that runs, with its waits.</summary>
    internal static string Describe() => string.Concat(s_running.Select(test => $"running: {test.Value.Name}\n{OpenWaits.Of(test.Key)}"));

    private static void Print(string testId, ITestOutputHelper? output)
    {
        try
        {
            output?.WriteLine(OpenWaits.Of(testId) is { Length: > 0 } waits
                ? $"At its limit it was in these waits:\n{waits}"
                : "At its limit it was in no wait that has a name.");
        }
        catch (InvalidOperationException)
        {
            // The test has ended meanwhile, and nobody reads its output.
        }
    }

    private sealed record Entry(string Name, CancellationTokenRegistration AtLimit);
}
