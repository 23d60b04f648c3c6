using System.Collections.Concurrent;
using System.Globalization;

namespace Zocalo.Simulation.Workload;

/// <summary>Counts the events of many runs, to show that faults have an effect. Thread-safe.</summary>
internal sealed class Tally
{
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private long _simulated;

    internal TimeSpan Simulated => TimeSpan.FromTicks(Volatile.Read(ref _simulated));

    internal long this[string what] => _counts.GetValueOrDefault(what);

    internal void Count(string what, long times = 1) => _counts.AddOrUpdate(what, times, (_, before) => before + times);

    internal void AddTime(TimeSpan simulated) => Interlocked.Add(ref _simulated, simulated.Ticks);

    /// <summary>A line each, in the order of the names.</summary>
    public override string ToString() => string.Join(
        Environment.NewLine, _counts.OrderBy(count => count.Key, StringComparer.Ordinal).Select(
            count => string.Create(CultureInfo.InvariantCulture, $"{count.Value,12:N0}  {count.Key}")));
}
