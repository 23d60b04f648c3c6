namespace Zocalo;

/// <summary>
/// The limits of this test run. A test that reaches its own fails, and its output names the waits that were open. If a whole assembly does not end, which needs a thread that blocks the runner
/// itself, the process ends and names the tests that were running.
/// </summary>
/// <remarks>They are generous, since a slow machine must not trip them. What trips them is a hang.</remarks>
internal static class Limits
{
    /// <summary>In milliseconds, as xunit wants it.</summary>
    internal static int OfATest { get; } = (int)(Thorough.IsLong ? TimeSpan.FromHours(4) : TimeSpan.FromMinutes(Thorough.IsOn ? 5 : 2)).TotalMilliseconds;

    /// <summary>Of all tests of an assembly together.</summary>
    internal static TimeSpan OfAnAssembly { get; } = Thorough.IsLong ? TimeSpan.FromHours(12) : TimeSpan.FromMinutes(Thorough.IsOn ? 30 : 12);
}
