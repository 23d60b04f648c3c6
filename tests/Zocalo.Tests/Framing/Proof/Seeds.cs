using System.Globalization;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>The seed of this run: another each time, or that of <c>ZOCALO_SEED</c>, to repeat a failure.</summary>
internal static class Seeds
{
    public static int Current { get; } =
        Environment.GetEnvironmentVariable("ZOCALO_SEED") is { Length: > 0 } text
            ? int.Parse(text, CultureInfo.InvariantCulture)
            : Random.Shared.Next(1, int.MaxValue);

    /// <summary>The line that repeats a failed test.</summary>
    /// <param name="filter">What chooses the test.</param>
    public static string Replay(string filter) => $"ZOCALO_SEED={Current} dotnet run -c Release --project tests/Zocalo.Tests -- {filter}";
}
