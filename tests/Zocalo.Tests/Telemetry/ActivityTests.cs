using System.Collections.Concurrent;
using System.Diagnostics;
using Zocalo.Contract.Harness;

namespace Zocalo.Tests.Telemetry;

/// <summary>The activities of a client, and that there are none without a listener.</summary>
public sealed class ActivityTests : IDisposable
{
    private readonly ConcurrentQueue<Activity> _stopped = new();
    private readonly ActivitySource _own = new($"{nameof(ActivityTests)} {Guid.NewGuid()}");
    private readonly ActivityListener _listener;

    public ActivityTests()
    {
        // Other tests connect meanwhile, so only what has this test's root as its parent counts.
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Zocalo" || source == _own,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = _stopped.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _own.Dispose();
    }

    [Fact]
    public async Task A_connect_and_its_requests_are_activities_below_the_programs_own()
    {
        await using var server = await SocketServer.StartAsync(
            "127.0.0.1:0", Frames.Lines(), async (connection, ct) =>
            {
                await foreach (var message in connection.ReadAllAsync(ct))
                {
                    await connection.SendAsync(message, ct);
                }
            }).InTime();
        using var root = _own.StartActivity("root")!;
        var protocol = Protocol.Of(Frames.Lines()).WithRepliesInOrder();
        await using (var client = await Connector.ConnectAsync(server.LocalAddress, protocol).InTime())
        {
            await client.RequestAsync("hello"u8.ToArray()).InTime();
            Assert.Same(root, Activity.Current);
            var request = Below(root, "request").Single();
            Assert.Equal(client.Id, request.GetTagItem("zocalo.connection.id"));
            Assert.Equal("tcp", request.GetTagItem("network.transport"));
            Assert.Equal(ActivityStatusCode.Unset, request.Status);
        }
        var connect = Below(root, "connect").Single();
        Assert.Equal(ActivityKind.Client, connect.Kind);
        Assert.Equal(ActivityStatusCode.Unset, connect.Status);
        Assert.Equal(
            ("tcp", "ipv4", "127.0.0.1", ((TcpAddress)server.LocalAddress).Port),
            (connect.GetTagItem("network.transport"), connect.GetTagItem("network.type"), connect.GetTagItem("server.address"),
                connect.GetTagItem("server.port")));
        Assert.Equal(Engine.Auto.Name, connect.GetTagItem("zocalo.engine"));
        Assert.Null(connect.GetTagItem("error.type"));
    }

    [Fact]
    public async Task One_that_fails_says_why()
    {
        var server = await SocketServer.StartAsync(
            "127.0.0.1:0", (connection, ct) => connection.Input.CopyToAsync(Stream.Null, ct)).InTime();
        using var root = _own.StartActivity("root")!;
        var protocol = Protocol.Of(Frames.Lines()).WithRepliesInOrder();
        var client = await Connector.ConnectAsync(server.LocalAddress, protocol).InTime();
        await Assert.ThrowsAsync<TimeoutException>(
            () => client.RequestAsync("hello"u8.ToArray(), TimeSpan.FromMilliseconds(1))).InTime();
        var request = Below(root, "request").Single();
        Assert.Equal(("System.TimeoutException", ActivityStatusCode.Error), (request.GetTagItem("error.type"), request.Status));
        client.Abort();
        await server.StopAsync().InTime();

        await Assert.ThrowsAsync<NetworkException>(() => Connector.ConnectAsync(server.LocalAddress)).InTime();
        var refused = Below(root, "connect").Last();
        Assert.Equal(("ConnectionRefused", ActivityStatusCode.Error), (refused.GetTagItem("error.type"), refused.Status));
    }

    private List<Activity> Below(Activity root, string name) =>
        [.. _stopped.Where(activity => activity.OperationName == name && activity.ParentSpanId == root.SpanId)];
}
