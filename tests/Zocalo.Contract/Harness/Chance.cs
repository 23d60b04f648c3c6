using System.Globalization;

namespace Zocalo.Contract.Harness;

/// <summary>Where a claim's random numbers come from. The seed is in the claim's output, in the line that replays it.</summary>
internal static class Chance
{
    private const string Seed = "ZOCALO_SEED";

    internal static Random New()
    {
        var seed = int.TryParse(Environment.GetEnvironmentVariable(Seed), CultureInfo.InvariantCulture, out var given) ? given : Random.Shared.Next();
        var claim = TestContext.Current.TestMethod?.MethodName;
        TestContext.Current.TestOutputHelper?.WriteLine($"replay: {Seed}={seed} dotnet run --project tests/Zocalo.Contract -c Release -- --filter-method '*.{claim}'");
        return new Random(seed);
    }

    /// <summary>Bytes without a pattern, always the same for the same arguments.</summary>
    internal static byte[] Bytes(int count, int seed = 0)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
