namespace Zocalo;

/// <summary>How much a test run does. By default as much as a newcomer waits for.</summary>
internal static class Thorough
{
    /// <summary><c>ZOCALO_THOROUGH=1</c>, as <c>.ci/run</c> has it: every row, every seed.</summary>
    internal static bool IsOn { get; } = Environment.GetEnvironmentVariable("ZOCALO_THOROUGH") == "1";

    /// <summary><c>ZOCALO_LONG=1</c>: single tests that then take an hour. Choose them by name.</summary>
    internal static bool IsLong { get; } = Environment.GetEnvironmentVariable("ZOCALO_LONG") == "1";

    /// <summary>How often a race is run: <paramref name="all"/> times, as its test's name may say, with <c>ZOCALO_LONG=1</c>; otherwise a
    /// part of that.</summary>
    internal static int Times(int all) => IsLong ? all : Math.Max(1, all / (IsOn ? 4 : 20));

    /// <summary>The same where pauses make a race's windows wide: fewer are enough.</summary>
    internal static int TimesWithNoise => IsLong ? 2_000 : IsOn ? 200 : 8;
}
