using System.Net;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// Measures one connection of a client. It is made only if somebody listens when the connection begins, and is then the only thing that
/// measuring costs. A client's bytes are counted at its end: nobody has a list of the clients.
/// </summary>
internal sealed class MeteredClient : IThreadPoolWorkItem
{
    private readonly ConnectionCore _core;
    private readonly Instruments _instruments;
    private readonly KeyValuePair<string, object?>[] _tags;
    private readonly long _began;

    private MeteredClient(ConnectionCore core, Instruments instruments, KeyValuePair<string, object?>[] tags)
    {
        (_core, _instruments, _tags) = (core, instruments, tags);
        _began = core.Time.GetTimestamp();
    }

    /// <summary>Measures a connection that has just been made.</summary>
    internal static void Begin(ConnectionCore core, Instruments instruments, Address address, EndPoint endPoint, Engine engine)
    {
        if (instruments.ActiveConnections.Enabled || instruments.Duration.Enabled || instruments.Io.Enabled)
        {
            var metered = new MeteredClient(core, instruments, MetricTags.OfClient(address, endPoint, engine));
            instruments.ActiveConnections.Add(1, metered._tags);
            core.WhenEnded(metered);
        }
    }

    /// <summary>The connection has ended.</summary>
    public void Execute()
    {
        var end = _core.End!;
        _instruments.ActiveConnections.Add(-1, _tags);
        _instruments.Io.Add(end.BytesReceived, MetricTags.OfReceived(_tags));
        _instruments.Io.Add(end.BytesSent, MetricTags.OfSent(_tags));
        _instruments.RecordDuration(_core.Time.GetElapsedTime(_began).TotalSeconds, end.Reason, _tags);
    }
}
