using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;

namespace Zocalo.Telemetry;

/// <summary>
/// The instruments of one meter <c>Zocalo</c>, in the shape of Kestrel's. One object for each meter: servers of the same
/// <see cref="IMeterFactory"/>, or of none, share it. Thread-safe.
/// </summary>
/// <remarks>
/// Nothing is measured for a message. What is counted is counted when a connection begins or ends; what is a level, and would have to be
/// written down with every message, is looked up when somebody collects (<see cref="Observe"/>).
/// </remarks>
internal sealed class Instruments
{
    /// <summary>The meter's name, and that of the activity source.</summary>
    internal const string Name = "Zocalo";

    private static readonly ConditionalWeakTable<Meter, Instruments> s_all = [];
    private static readonly Lock s_lock = new();

    // Those of Kestrel's kestrel.connection.duration: from a request to a connection that stays for minutes.
    private static readonly double[] s_durations = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300];

    /// <summary>Without a factory: one meter for the process, which lives as long. After the durations, which it takes.</summary>
    private static readonly Instruments s_ofProcess = new(new Meter(Name));

    private readonly Lock _lock = new();
    private ServerMetrics[] _servers = [];      // replaced, never changed

    private Instruments(Meter meter)
    {
        ActiveConnections = meter.CreateUpDownCounter<long>(
            "zocalo.active_connections", "{connection}", "Connections that are open.");
        QueuedConnections = meter.CreateUpDownCounter<long>(
            "zocalo.queued_connections", "{connection}", "Connections that were accepted and whose handlers have not begun.");
        RejectedConnections = meter.CreateCounter<long>(
            "zocalo.rejected_connections", "{connection}", "Connections that a limit of the server refused.");
        Duration = meter.CreateHistogram(
            "zocalo.connection.duration",
            "s",
            "How long connections lasted.",
            tags: null,
            new InstrumentAdvice<double> { HistogramBucketBoundaries = s_durations });
        Io = meter.CreateCounter<long>("zocalo.connection.io", "By", "Bytes received from the kernel and handed to it.");
        HandlerFailures = meter.CreateCounter<long>("zocalo.handler.failures", "{failure}", "Handlers that threw an exception.");
        Rescues = meter.CreateCounter<long>("zocalo.rescues", "{rescue}", "Event loops that were taken over from a handler that blocked.");
        SendQueue = meter.CreateObservableUpDownCounter(
            "zocalo.send_queue.size", Observe, "By", "Bytes that were written and not taken by the kernel.");
    }

    internal UpDownCounter<long> ActiveConnections { get; }

    internal UpDownCounter<long> QueuedConnections { get; }

    internal Counter<long> RejectedConnections { get; }

    internal Histogram<double> Duration { get; }

    internal Counter<long> Io { get; }

    internal Counter<long> HandlerFailures { get; }

    internal Counter<long> Rescues { get; }

    internal ObservableUpDownCounter<long> SendQueue { get; }

    /// <summary>Those of the factory's meter; without a factory, of the process's.</summary>
    internal static Instruments Of(IMeterFactory? factory)
    {
        if (factory is null)
        {
            return s_ofProcess;
        }
        var meter = factory.Create(new MeterOptions(Name));
        lock (s_lock)       // the table may make a value twice, and an instrument that is observed must be there once
        {
            return s_all.GetValue(meter, static meter => new(meter));
        }
    }

    /// <summary>From now on the server is looked at when somebody collects.</summary>
    internal void Add(ServerMetrics server)
    {
        lock (_lock)
        {
            _servers = [.. _servers, server];
        }
    }

    internal void Remove(ServerMetrics server)
    {
        lock (_lock)
        {
            _servers = [.. _servers.Where(each => each != server)];
        }
    }

    /// <summary>How long a connection lasted, with its reason if that is abnormal.</summary>
    /// <param name="seconds">From its beginning to its end.</param>
    /// <param name="reason">Why it ended.</param>
    /// <param name="tags">Of its server.</param>
    internal void RecordDuration(double seconds, EndReason reason, KeyValuePair<string, object?>[] tags)
    {
        var all = new TagList(tags);
        if (MetricTags.ErrorOf(reason) is { } error)
        {
            all.Add(MetricTags.ErrorType, error);
        }
        Duration.Record(seconds, all);
    }

    private List<Measurement<long>> Observe()
    {
        var measured = new List<Measurement<long>>();
        foreach (var server in Volatile.Read(ref _servers))
        {
            measured.Add(server.Observe());
        }
        return measured;
    }
}
