using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using Zocalo.Contract.Harness;
using Zocalo.Serving;
using Zocalo.Telemetry;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Telemetry;

/// <summary>The meter, as OpenTelemetry reads it. It listens to every meter of the process, also those of other tests: so it runs
/// alone.</summary>
[Collection(nameof(Alone))]
public sealed class OpenTelemetryTests
{
    private static readonly string[] Names =
    [
        "zocalo.active_connections",
        "zocalo.connection.duration",
        "zocalo.connection.io",
        "zocalo.handler.failures",
        "zocalo.queued_connections",
        "zocalo.rejected_connections",
        "zocalo.rescues",
        "zocalo.send_queue.size",
    ];

    private readonly List<MetricSnapshot> _metrics = [];
    private readonly HashSet<string> _seen = [];

    [Fact]
    public async Task Every_instrument_is_read_name_for_name()
    {
        using var provider = Sdk.CreateMeterProviderBuilder().AddMeter("Zocalo").AddInMemoryExporter(_metrics).Build();
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", EchoOrFailAsync).InTime();
        var port = ((TcpAddress)server.LocalAddress).Port;
        var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await ExchangeAsync(client, 100);

        // The client may have the bytes before the server's thread has counted them as sent.
        await Patience.UntilAsync(
            () => Sum("zocalo.connection.io", port, "server", ("network.io.direction", "transmit")) == 100,
            meanwhile: () => Collect(provider));
        Assert.Equal(1, Sum("zocalo.active_connections", port, "server"));
        Assert.Equal(0, Sum("zocalo.queued_connections", port, "server"));
        Assert.Equal(100, Sum("zocalo.connection.io", port, "server", ("network.io.direction", "receive")));
        Assert.Equal(0, Sum("zocalo.send_queue.size", port, "server"));
        Assert.Equal(("By", MetricType.LongSumNonMonotonic), (
            Metric("zocalo.send_queue.size").Unit, Metric("zocalo.send_queue.size").MetricType));
        Assert.Equal(1, Sum("zocalo.active_connections", port, "client"));

        await client.CloseAsync().InTime();
        var failing = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await failing.SendAsync("!"u8.ToArray()).InTime();
        await Assert.ThrowsAsync<ConnectionException>(() => failing.ReceiveAsync(new byte[1]).AsTask()).InTime();
        await failing.CloseAsync().InTime();
        await server.StopAsync().InTime();
        AddWhatNeedsALimitOrALoop(server);

        Collect(provider);
        Assert.Equal(0, Sum("zocalo.active_connections", port, "server"));
        Assert.Equal(1, Sum("zocalo.handler.failures", port, "server"));
        Assert.Equal(101, Sum("zocalo.connection.io", port, "server", ("network.io.direction", "receive")));
        Assert.Equal(1, Count(port, error: null));
        Assert.Equal(1, Count(port, "HandlerFailed"));
        Assert.Equal(Names, _seen.Order(StringComparer.Ordinal));
        Assert.Equal("s", Metric("zocalo.connection.duration").Unit);
        Assert.Equal("By", Metric("zocalo.connection.io").Unit);
        Assert.Equal(MetricType.Histogram, Metric("zocalo.connection.duration").MetricType);
        Assert.Equal(MetricType.LongSumNonMonotonic, Metric("zocalo.active_connections").MetricType);
        Assert.Equal(MetricType.LongSum, Metric("zocalo.connection.io").MetricType);
        Assert.Equal(
            ["network.transport", "network.type", "server.address", "server.port", "zocalo.engine", "zocalo.side"],
            Points("zocalo.active_connections", port, "server").Single().Keys.Order(StringComparer.Ordinal));
        var tags = Points("zocalo.handler.failures", port, "server").Single();
        Assert.Equal(("tcp", "ipv4", "127.0.0.1"), (tags["network.transport"], tags["network.type"], tags["server.address"]));
        Assert.Equal(server.Engine.Name, tags["zocalo.engine"]);
    }

    private static async Task EchoOrFailAsync(Connection connection, CancellationToken cancellationToken)
    {
        var bytes = new byte[100];
        while (await connection.ReceiveAsync(bytes, cancellationToken) is > 0 and var count)
        {
            if (bytes[0] == (byte)'!')
            {
                throw new InvalidOperationException("as asked");
            }
            await connection.SendAsync(bytes.AsMemory(0, count), cancellationToken);
        }
    }

    private static async Task ExchangeAsync(Connection client, int count)
    {
        await client.SendAsync(new byte[count]).InTime();
        for (var left = count; left > 0;)
        {
            left -= await client.ReceiveAsync(new byte[left]).InTime();
        }
    }

    /// <summary>On the same meter and with the same tags as the server's.</summary>
    private static void AddWhatNeedsALimitOrALoop(SocketServer server)
    {
        var time = TimeProvider.System;
        var served = new ServedConnections(
            (_, _) => Task.CompletedTask, HandlerPlacement.Engine, 1, NullLogger.Instance, new RescueLog("", NullLogger.Instance, time));
        served.Metrics = new(Instruments.Of(null), MetricTags.OfServer(server.LocalAddress, server.Engine), served, time);
        served.OnRejected();
        served.OnRescued(1, threadsLeft: 1);
        served.Metrics.Stop();
    }

    private void Collect(MeterProvider provider)
    {
        _metrics.Clear();
        Assert.True(provider.ForceFlush());
        _seen.UnionWith(_metrics.Select(metric => metric.Name));
    }

    private MetricSnapshot Metric(string name) => _metrics.First(metric => metric.Name == name);

    private long Sum(string name, int port, string side, params (string Key, string Value)[] more) => _metrics
        .Where(metric => metric.Name == name)
        .SelectMany(metric => metric.MetricPoints)
        .Where(point => Is(point, port, side) && more.All(tag => Tags(point).GetValueOrDefault(tag.Key) as string == tag.Value))
        .Sum(point => point.GetSumLong());

    private long Count(int port, string? error) => _metrics
        .Where(metric => metric.Name == "zocalo.connection.duration")
        .SelectMany(metric => metric.MetricPoints)
        .Where(point => Is(point, port, "server") && Tags(point).GetValueOrDefault("error.type") as string == error)
        .Sum(point => point.GetHistogramCount());

    private IEnumerable<Dictionary<string, object?>> Points(string name, int port, string side) => _metrics
        .Where(metric => metric.Name == name)
        .SelectMany(metric => metric.MetricPoints)
        .Where(point => Is(point, port, side))
        .Select(Tags);

    private static bool Is(MetricPoint point, int port, string side) => Tags(point) is var tags
        && tags.GetValueOrDefault("server.port") is int found && found == port
        && tags["zocalo.side"] as string == side;

    private static Dictionary<string, object?> Tags(MetricPoint point)
    {
        var tags = new Dictionary<string, object?>();
        foreach (var (key, value) in point.Tags)
        {
            tags.Add(key, value);
        }
        return tags;
    }
}
