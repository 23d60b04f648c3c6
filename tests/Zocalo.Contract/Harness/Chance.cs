using System.Globalization;

namespace Zocalo.Contract.Harness;

/// <summary>Where a claim's random numbers come from. The seed is in the claim's output, in the line that replays it.</summary>
internal static class Chance
{
    internal static Random New() => new((int)Seed());

    internal static uint Seed()
    {
        var seed = Given(Explore.SeedVariable) ?? (uint)Random.Shared.Next();
        Print($"{Explore.SeedVariable}={seed}");
        return seed;
    }

    /// <summary>The seed that the environment gives.</summary>
    internal static uint? Given(string variable) =>
        uint.TryParse(Environment.GetEnvironmentVariable(variable), CultureInfo.InvariantCulture, out var given) ? given : null;

    /// <summary>Puts the line that replays the claim with these variables into its output.</summary>
    internal static void Print(string variables)
    {
        var claim = TestContext.Current.TestMethod?.MethodName;
        TestContext.Current.TestOutputHelper?.WriteLine(
            $"replay: {variables} dotnet run --project tests/Zocalo.Contract -c Release -- --filter-method '*.{claim}'");
    }

    /// <summary>Bytes without a pattern, always the same for the same arguments.</summary>
    internal static byte[] Bytes(int count, int seed = 0)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
