using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Contract.Harness;
using Zocalo.Engines;
using Zocalo.Serving;
using Zocalo.Telemetry;
using Zocalo.Testing;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Telemetry;

/// <summary>What a server measures, to the connection and the byte.</summary>
public sealed class ServerMetricsTests : IDisposable
{
    private const string Received = "network.io.direction=receive";
    private const string Sent = "network.io.direction=transmit";

    private readonly OwnMeter _meter = new();
    private readonly FakeTime _time = new();

    public ServerMetricsTests() => _time.Advance(TimeSpan.FromSeconds(1));

    public void Dispose() => _meter.Dispose();

    [Fact]
    public async Task The_bytes_of_an_open_connection_are_counted_when_somebody_collects_and_once()
    {
        await using var server = await StartAsync(_meter, (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct));
        var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        for (var round = 1; round <= 3; round++)
        {
            await client.SendAsync(new byte[1000]).InTime();
            for (var left = 1000; left > 0;)
            {
                left -= await client.ReceiveAsync(new byte[left]).InTime();
            }
            // The client may have the bytes before the server's thread has counted them as sent.
            await Patience.UntilAsync(() => _meter.Of("zocalo.connection.io", Sent) == 1000 * round, meanwhile: _meter.Collect);
            Assert.Equal(1000 * round, _meter.Of("zocalo.connection.io", Received));
        }
        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
        _meter.Collect();
        Assert.Equal((3000, 3000), (_meter.Of("zocalo.connection.io", Received), _meter.Of("zocalo.connection.io", Sent)));
    }

    [Fact]
    public async Task The_bytes_are_counted_at_the_end_when_nobody_collects()
    {
        var connection = new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect();
        var served = Serve((connection, ct) => connection.SendAsync(new byte[7], ct).AsTask());
        served.Begin(connection);
        await served.WhenEmpty().InTime();
        Assert.Equal(7, _meter.Of("zocalo.connection.io", Sent));
    }

    [Fact]
    public async Task A_handler_that_is_given_up_leaves_its_bytes_and_no_open_connection()
    {
        var never = new TaskCompletionSource();
        var served = Serve(async (connection, ct) =>
        {
            await connection.SendAsync(new byte[7], ct);
            await never.Task;
        });
        var connection = new ScriptedSocket().Connect();
        served.Begin(connection);
        await Patience.UntilAsync(() => connection.Core.BytesSent == 7);
        Assert.Equal(1, _meter.Of("zocalo.active_connections"));
        served.AbortAll();
        served.AbandonAll();
        served.Metrics!.Stop();
        Assert.Equal((0, 7), (_meter.Of("zocalo.active_connections"), _meter.Of("zocalo.connection.io", Sent)));
        never.SetResult();
    }

    [Fact]
    public async Task A_listener_that_comes_late_learns_how_many_are_open()
    {
        using var late = new OwnMeter(listens: false);
        await using var server = await StartAsync(late, (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct));
        await using var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 1);
        late.Listen();
        late.Collect();
        Assert.Equal(1, late.Of("zocalo.active_connections"));
        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0 && late.Of("zocalo.active_connections") == 0);
        Assert.Empty(late.Recorded);        // when it began nobody wanted to know, and a wrong duration is worse than none
    }

    [Fact]
    public async Task A_duration_is_in_seconds_and_names_the_reason_of_an_abnormal_end()
    {
        var ends = new TaskCompletionSource();
        var served = Serve((_, _) => ends.Task);
        var aborted = new ScriptedSocket().Connect();
        served.Begin(aborted);
        served.Begin(new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect());
        await Patience.UntilAsync(() => _meter.Of("zocalo.queued_connections") == 0);
        _time.Advance(TimeSpan.FromSeconds(2.5));
        aborted.Abort();
        ends.SetResult();
        await served.WhenEmpty().InTime();
        Assert.Equal([2.5, 2.5], _meter.Recorded.Select(each => each.Value));
        Assert.Single(_meter.Recorded, each => each.Tags.Contains("|error.type=Aborted|", StringComparison.Ordinal));
        Assert.Single(_meter.Recorded, each => !each.Tags.Contains("error.type", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Those_that_wait_for_room_are_queued_and_not_active()
    {
        var ends = new TaskCompletionSource();
        var served = Serve((_, _) => ends.Task, limit: 1);
        var beginning = Enumerable.Range(0, 3)
            .Select(_ => served.BeginInTurnAsync(new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect()))
            .ToList();
        await Patience.UntilAsync(() => _meter.Of("zocalo.queued_connections") == 2);
        Assert.Equal(1, _meter.Of("zocalo.active_connections"));
        ends.SetResult();
        await Task.WhenAll(beginning).InTime();
        await served.WhenEmpty().InTime();
        Assert.Equal((0, 0), (_meter.Of("zocalo.queued_connections"), _meter.Of("zocalo.active_connections")));
    }

    [Fact]
    public async Task One_whose_handler_never_begins_is_not_queued_when_the_server_has_given_it_up()
    {
        var never = new TaskCompletionSource();
        var served = Serve((_, _) => never.Task, limit: 1);
        _ = served.BeginInTurnAsync(new ScriptedSocket().Connect());
        _ = served.BeginInTurnAsync(new ScriptedSocket().Connect());
        await Patience.UntilAsync(() => _meter.Of("zocalo.queued_connections") == 1);
        served.AbandonAll();
        served.Metrics!.Stop();
        Assert.Equal((0, 0), (_meter.Of("zocalo.queued_connections"), _meter.Of("zocalo.active_connections")));
        never.SetResult();
    }

    [Fact]
    public async Task What_waits_to_be_sent_is_observed()
    {
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var served = Serve(async (connection, ct) =>
        {
            await connection.Output.WriteAsync(new byte[5000], ct);
            written.SetResult();
            await connection.Closed;
        });
        var connection = new ScriptedSocket { OnSend = _ => IoResult.Pending }.Connect();
        served.Begin(connection);
        await written.Task.InTime();
        _meter.Collect();
        Assert.Equal(5000, _meter.Of("zocalo.send_queue.size"));
        connection.Abort();
    }

    [Fact]
    public async Task Rejections_rescues_and_failures_are_counted()
    {
        var served = Serve((_, _) => throw new InvalidOperationException("as asked"));
        served.OnRejected();
        served.OnRejected();
        served.OnRescued(1, threadsLeft: 1);
        served.Begin(new ScriptedSocket().Connect());
        await served.WhenEmpty().InTime();
        Assert.Equal(2, _meter.Of("zocalo.rejected_connections"));
        Assert.Equal(1, _meter.Of("zocalo.rescues"));
        Assert.Equal(1, _meter.Of("zocalo.handler.failures"));
    }

    [Fact]
    public async Task Servers_of_one_factory_share_the_instruments_and_are_told_apart_by_their_address()
    {
        await using var one = await StartAsync(_meter, (connection, ct) => connection.Input.CopyToAsync(Stream.Null, ct));
        await using var other = await StartAsync(_meter, (connection, ct) => connection.Input.CopyToAsync(Stream.Null, ct));
        Assert.Equal(_meter.Instruments.Count, _meter.Instruments.DistinctBy(instrument => instrument.Name).Count());
        await using var client = await Connector.ConnectAsync(other.LocalAddress).InTime();
        await Patience.UntilAsync(() => _meter.Of("zocalo.active_connections", PortOf(other)) == 1);
        Assert.Null(_meter.Of("zocalo.active_connections", PortOf(one)));
    }

    [Fact]
    public async Task A_client_is_measured_too_and_on_its_side()
    {
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", (connection, ct) =>
            connection.Input.CopyToAsync(connection.Output, ct)).InTime();
        var client = await Connector.ConnectAsync(server.LocalAddress, new() { MeterFactory = _meter }).InTime();
        Assert.Equal(1, _meter.Of("zocalo.active_connections", "zocalo.side=client", PortOf(server)));
        await client.SendAsync(new byte[9]).InTime();
        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => _meter.Recorded.Count == 1);
        Assert.Equal(0, _meter.Of("zocalo.active_connections"));
        Assert.Equal(9, _meter.Of("zocalo.connection.io", Sent, "zocalo.side=client"));
    }

    [Theory]
    [InlineData("tcp://127.0.0.1:80", "network.transport=tcp network.type=ipv4 server.address=127.0.0.1 server.port=80")]
    [InlineData("tcp://[::1]:80", "network.transport=tcp network.type=ipv6 server.address=::1 server.port=80")]
    [InlineData("tcp://*:80", "network.transport=tcp server.address=* server.port=80")]
    [InlineData("unix:/run/x", "network.transport=unix server.address=/run/x")]
    [InlineData("unix:@x", "network.transport=unix server.address=@x")]
    public void The_tags_are_of_the_servers_own_address(string address, string tags) => Assert.Equal(
        $"{tags} zocalo.engine=async zocalo.side=server",
        string.Join(' ', MetricTags.OfServer(address, Engine.Async)
            .OrderBy(tag => tag.Key, StringComparer.Ordinal)
            .Select(tag => $"{tag.Key}={tag.Value}")));

    private static string PortOf(SocketServer server) => $"server.port={((TcpAddress)server.LocalAddress).Port}";

    private static Task<SocketServer> StartAsync(OwnMeter meter, ConnectionHandler handler) =>
        SocketServer.StartAsync("127.0.0.1:0", handler, new() { MeterFactory = meter });

    private ServedConnections Serve(ConnectionHandler handler, int limit = int.MaxValue)
    {
        var log = NullLogger.Instance;
        var served = new ServedConnections(handler, HandlerPlacement.Engine, limit, log, new RescueLog("", log, _time)) { Time = _time };
        served.Metrics = new(Instruments.Of(_meter), MetricTags.OfServer("127.0.0.1:1", Engine.Async), served, _time);
        return served;
    }
}
