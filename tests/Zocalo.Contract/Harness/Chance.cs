using System.Globalization;

namespace Zocalo.Contract.Harness;

/// <summary>Where a claim's random numbers come from. The seed is in the claim's output, in the line that replays it.</summary>
internal static class Chance
{
    internal static Random New() => new((int)Seed());

    internal static uint Seed()
    {
        var seed = uint.TryParse(Environment.GetEnvironmentVariable(Explore.SeedVariable), CultureInfo.InvariantCulture, out var given) ? given : (uint)Random.Shared.Next();
        var claim = TestContext.Current.TestMethod?.MethodName;
        TestContext.Current.TestOutputHelper?.WriteLine($"replay: {Explore.SeedVariable}={seed} dotnet run --project tests/Zocalo.Contract -c Release -- --filter-method '*.{claim}'");
        return seed;
    }

    /// <summary>Bytes without a pattern, always the same for the same arguments.</summary>
    internal static byte[] Bytes(int count, int seed = 0)
    {
        var bytes = new byte[count];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }
}
