namespace Zocalo;

/// <summary>
/// The limits of this test run. A test that reaches its own fails, and its output names the waits that were open. If no test of an assembly
/// ends any more, which needs threads that block the runner itself, the process ends and names the tests that were running.
/// </summary>
/// <remarks>They are generous, since a slow machine must not trip them. What trips them is a hang.</remarks>
internal static class Limits
{
    /// <summary>In milliseconds, as xunit wants it.</summary>
    internal static int OfATest { get; } =
        (int)(Thorough.IsLong ? TimeSpan.FromHours(4) : TimeSpan.FromMinutes(Thorough.IsOn ? 5 : 2)).TotalMilliseconds;

    /// <summary>Without any test's end: not the length of a run, which a busy machine stretches as it likes.</summary>
    internal static TimeSpan OfAStandstill { get; } = 2.5 * TimeSpan.FromMilliseconds(OfATest);
}
