namespace Zocalo.Simulation.Workload;

/// <summary>The random numbers of one program of the workload: a stream of its own, which other programs do not change.</summary>
internal sealed class Chance(ulong seed, int purpose)
{
    // The framework's Random with a seed, whose algorithm does not change between versions.
    private readonly Random _random = new(unchecked((int)(seed * 2_654_435_761) ^ (int)(seed >> 32) ^ (purpose * 40_503)));

    internal bool Is(double ratio) => _random.NextDouble() < ratio;

    /// <summary>Both included.</summary>
    internal int Between(int least, int most) => _random.Next(least, most + 1);

    /// <summary>Each order of magnitude with the same probability.</summary>
    internal int Spread(int least, int most) => (int)(least * Math.Pow((double)most / least, _random.NextDouble()));

    internal TimeSpan Between(TimeSpan least, TimeSpan most) => least + ((most - least) * _random.NextDouble());

    internal TimeSpan Seconds(double least, double most) => Between(TimeSpan.FromSeconds(least), TimeSpan.FromSeconds(most));

    internal T Of<T>(params ReadOnlySpan<T> choices) => choices[_random.Next(choices.Length)];
}
