using System.Diagnostics.Metrics;

namespace Zocalo.Tests.Telemetry;

/// <summary>A meter factory of the test's own, and what was measured on its meter so far: nothing of the servers of other tests.</summary>
internal sealed class OwnMeter : IMeterFactory
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, double> _sums = [];
    private readonly Dictionary<string, double> _observed = [];
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _meters = [];

    internal OwnMeter(bool listens = true)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Scope == this)
            {
                Instruments.Add(instrument);
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        if (listens)
        {
            Listen();
        }
    }

    internal List<Instrument> Instruments { get; } = [];

    /// <summary>What was measured of a histogram, one by one.</summary>
    internal List<(double Value, string Tags)> Recorded { get; } = [];

    public Meter Create(MeterOptions options)
    {
        lock (_lock)
        {
            if (_meters is [var made])
            {
                return made;
            }
            options.Scope = this;
            var meter = new Meter(options);
            _meters.Add(meter);
            return meter;
        }
    }

    internal void Listen() => _listener.Start();

    /// <summary>Looks at what is observed. Then the sums are right.</summary>
    internal void Collect()
    {
        lock (_lock)
        {
            _observed.Clear();
        }
        _listener.RecordObservableInstruments();
    }

    /// <summary>The sum, or the last observed value, of an instrument's series whose tags contain all of these; null if there is
    /// none.</summary>
    internal double? Of(string instrument, params string[] tags)
    {
        lock (_lock)
        {
            var found = _sums.Concat(_observed)
                .Where(each => each.Key.StartsWith(instrument + "|", StringComparison.Ordinal)
                    && tags.All(tag => each.Key.Contains($"|{tag}|", StringComparison.Ordinal)))
                .Select(each => each.Value)
                .ToList();
            return found.Count == 0 ? null : found.Sum();
        }
    }

    public void Dispose()
    {
        _listener.Dispose();
        _meters.ForEach(meter => meter.Dispose());
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var text = string.Concat(tags.ToArray().OrderBy(tag => tag.Key, StringComparer.Ordinal).Select(tag => $"|{tag.Key}={tag.Value}|"));
        var key = $"{instrument.Name}|{text}";
        lock (_lock)
        {
            if (instrument is Histogram<double>)
            {
                Recorded.Add((value, text));
            }
            if (instrument.IsObservable)
            {
                _observed[key] = value;
            }
            else
            {
                _sums[key] = _sums.GetValueOrDefault(key) + value;
            }
        }
    }
}
