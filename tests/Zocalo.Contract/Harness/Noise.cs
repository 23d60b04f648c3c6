using System.Collections.Concurrent;
using System.Diagnostics;

namespace Zocalo.Contract.Harness;

/// <summary>
/// Pauses, drawn from a seed, that make the windows between threads wide: mostly none, often a yield, sometimes a spin, rarely a sleep.
/// Each connection of a noisy row has its own.
/// </summary>
/// <remarks>
/// The seed is the run's, and in the claim's output, in the line that replays it. With the same seed a claim draws the same pauses for each
/// connection; which call gets which is the scheduler's.
/// </remarks>
internal sealed class Noise
{
    internal const string SeedVariable = "ZOCALO_NOISE_SEED";

    private const int LongestSpin = 50;     // microseconds
    private const ulong Step = 0x9E37_79B9_7F4A_7C15;

    private static readonly uint s_seed = Chance.Given(SeedVariable) ?? (uint)Random.Shared.Next();
    private static readonly ConcurrentDictionary<string, uint> s_made = [];      // how many each claim has asked for

    private readonly ulong _seed;
    private ulong _splits;
    private ulong _draws;

    internal Noise(ulong seed) => _seed = Mix(seed);

    internal enum Kind
    {
        None,
        Yield,
        Spin,
        Sleep,
    }

    /// <summary>How many pauses were drawn.</summary>
    internal ulong Draws => _draws;

    /// <summary>The running claim's next. Its first prints the line that replays it.</summary>
    /// <param name="row">What <c>ZOCALO_ROWS</c> calls the row.</param>
    internal static Noise OfClaim(string row)
    {
        var made = s_made.AddOrUpdate(TestContext.Current.Test?.UniqueID ?? "", 1, static (_, before) => before + 1);
        if (made == 1)
        {
            Chance.Print($"{SeedVariable}={s_seed} {Transports.RowsVariable}={row}");
        }
        return new(((ulong)s_seed << 32) + made);
    }

    /// <summary>Another one, from the same seed.</summary>
    internal Noise Split() => new(_seed + Interlocked.Increment(ref _splits));

    /// <summary>Pauses now, and again when the result is disposed.</summary>
    internal Around Pause()
    {
        var (kind, length) = Draw();
        switch (kind)
        {
            case Kind.Yield:
                Thread.Yield();
                break;
            case Kind.Spin:
                var since = Stopwatch.GetTimestamp();
                while (Stopwatch.GetElapsedTime(since).TotalMicroseconds < length)
                {
                    Thread.SpinWait(10);
                }
                break;
            case Kind.Sleep:
                Thread.Sleep(length);
                break;
        }
        return new(this);
    }

    /// <returns>The next pause: microseconds of a spin, milliseconds of a sleep.</returns>
    /// <remarks>Two threads at once may draw the same. An interlocked operation would be a fence, and mend what lacks one.</remarks>
    internal (Kind Kind, int Length) Draw()
    {
        var drawn = Mix(_seed + (Step * ++_draws));
        return (drawn % 256) switch
        {
            < 176 => (Kind.None, 0),
            < 240 => (Kind.Yield, 0),
            < 254 => (Kind.Spin, 1 + (int)((drawn >> 32) % LongestSpin)),
            var last => (Kind.Sleep, (int)(last - 254)),
        };
    }

    // SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    private static ulong Mix(ulong value)
    {
        value = (value ^ (value >> 30)) * 0xBF58_476D_1CE4_E5B9;
        value = (value ^ (value >> 27)) * 0x94D0_49BB_1331_11EB;
        return value ^ (value >> 31);
    }

    /// <summary>What stands between two pauses.</summary>
    internal readonly ref struct Around(Noise noise)
    {
        internal void Dispose() => noise.Pause();
    }
}
