namespace Zocalo.Simulation.Workload;

/// <summary>What a program of the workload leaves to chance: a stream of its own, so that what others draw does not move it.</summary>
internal sealed class Chance(ulong seed, int purpose)
{
    // Framework-made, from a number: the algorithm of a seeded Random is kept the same by the framework's promise.
    private readonly Random _random = new(unchecked((int)(seed * 2_654_435_761) ^ (int)(seed >> 32) ^ (purpose * 40_503)));

    internal bool Is(double ratio) => _random.NextDouble() < ratio;

    /// <summary>Both included.</summary>
    internal int Between(int least, int most) => _random.Next(least, most + 1);

    /// <summary>Each order of magnitude as likely as another.</summary>
    internal int Spread(int least, int most) => (int)(least * Math.Pow((double)most / least, _random.NextDouble()));

    internal TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * _random.NextDouble());

    internal TimeSpan Seconds(double least, double most) => Between(TimeSpan.FromSeconds(least), TimeSpan.FromSeconds(most));

    internal T Of<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
