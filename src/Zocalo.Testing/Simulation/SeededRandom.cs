namespace Zocalo.Testing.Simulation;

/// <summary>
/// Random numbers from a seed: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). Not the framework's,
/// because a seed must give the same numbers on every version of the framework, and because each connection needs a stream that is cheap to
/// make.
/// </summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class SeededRandom(ulong seed)
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    private ulong _state = seed;

    /// <summary>A separate stream for one purpose: numbers drawn from other streams do not change it.</summary>
    internal static SeededRandom For(ulong seed, ulong purpose) => new(Mix(Mix(seed + Step) ^ (purpose * Step)));

    /// <summary>From 0 to <paramref name="bound"/> - 1; 0 for a bound of 0 or 1.</summary>
    internal int Next(int bound) => bound <= 1 ? 0 : (int)Math.BigMul(Next(), (ulong)bound, out _);

    /// <summary>From <paramref name="least"/> to <paramref name="most"/>, both included.</summary>
    internal int Next(int least, int most) => least + Next(most - least + 1);

    /// <summary>From 0 to below 1.</summary>
    internal double NextDouble() => (Next() >> 11) * (1.0 / (1UL << 53));

    internal bool Chance(double ratio) => ratio > 0 && NextDouble() < ratio;

    /// <summary>From zero to <paramref name="longest"/>, in whole ticks.</summary>
    internal TimeSpan Next(TimeSpan longest) => TimeSpan.FromTicks((long)(NextDouble() * longest.Ticks));

    /// <summary>Between the two, each order of magnitude as likely as another.</summary>
    internal TimeSpan NextSpread(TimeSpan shortest, TimeSpan longest) => shortest * Math.Pow(longest / shortest, NextDouble());

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private ulong Next() => Mix(_state += Step);
}
