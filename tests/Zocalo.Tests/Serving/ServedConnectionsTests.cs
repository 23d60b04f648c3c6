using System.Collections.Concurrent;
using Zocalo.Engines;
using Zocalo.Serving;
using Zocalo.Testing;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Serving;

/// <summary>Whom a stop cuts, and whom it counts, to the moment.</summary>
public sealed class ServedConnectionsTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly ServedConnections _served;
    private readonly TaskCompletionSource _return = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ServedConnectionsTests()
    {
        var log = new ListLogger();
        var rescues = new RescueLog("Test", log, new FakeTime());
        _served = new(async (_, _) => await _return.Task, HandlerPlacement.Engine, int.MaxValue, log, rescues);
    }

    [Fact]
    public async Task Who_is_accepted_after_the_cut_is_cut_and_counted()
    {
        var connection = new ScriptedSocket().Connect();
        Assert.Equal(0, _served.AbortAll());
        _served.Begin(connection);
        Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
        Assert.Equal(1, _served.AbortedCount);
        await EndAsync();
    }

    [Fact]
    public async Task Whose_connection_had_broken_is_not_counted_as_cut()
    {
        var (broken, open) = (new ScriptedSocket().Connect(), new ScriptedSocket().Connect());
        _served.Begin(broken);
        _served.Begin(open);
        broken.Abort();
        Assert.Equal(1, _served.AbortAll());
        Assert.Equal(1, _served.AbortedCount);
        await EndAsync();
    }

    [Fact]
    public async Task With_no_room_connections_begin_in_the_order_in_which_they_came()
    {
        var ends = new ConcurrentDictionary<long, TaskCompletionSource>();
        var begun = new ConcurrentQueue<long>();
        var served = Serve(limit: 1, async connection =>
        {
            begun.Enqueue(connection.Id);
            await ends[connection.Id].Task;
        });
        var connections = Enumerable.Range(0, 4).Select(_ => new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect()).ToList();
        connections.ForEach(connection => ends[connection.Id] = new(TaskCreationOptions.RunContinuationsAsynchronously));
        var beginning = connections.ConvertAll(connection => served.BeginInTurnAsync(connection));
        foreach (var (number, connection) in connections.Index())
        {
            await beginning[number].WaitAsync(Cap);
            Assert.Equal(1, served.Count);
            Assert.DoesNotContain(beginning[(number + 1)..], task => task.IsCompleted);
            ends[connection.Id].SetResult();
            Assert.NotEqual(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
        }
        await served.WhenEmpty().WaitAsync(Cap);
        Assert.Equal(connections.Select(connection => connection.Id), begun);
    }

    [Fact]
    public async Task A_drain_begins_those_who_wait_for_room_and_those_who_come_later_at_once()
    {
        var ends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var served = Serve(limit: 1, _ => ends.Task);
        var connections = Enumerable.Range(0, 4).Select(_ => new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect()).ToList();
        var beginning = connections[..3].ConvertAll(connection => served.BeginInTurnAsync(connection));
        Assert.False(beginning[1].IsCompleted || beginning[2].IsCompleted);
        served.Drain();
        await Task.WhenAll(beginning).WaitAsync(Cap);
        Assert.True(served.BeginInTurnAsync(connections[3]).IsCompleted);
        Assert.Equal(4, served.Count);
        Assert.All(connections, connection => Assert.True(connection.Draining.IsCancellationRequested));
        ends.SetResult();
        await served.WhenEmpty().WaitAsync(Cap);
    }

    [Fact]
    public async Task A_cut_cuts_and_counts_those_who_wait_for_room()
    {
        var served = Serve(limit: 1, connection => connection.Closed);
        var connections = Enumerable.Range(0, 3).Select(_ => new ScriptedSocket().Connect()).ToList();
        var beginning = connections.ConvertAll(connection => served.BeginInTurnAsync(connection));
        Assert.Equal(3, served.AbortAll());
        await Task.WhenAll(beginning).WaitAsync(Cap);
        await served.WhenEmpty().WaitAsync(Cap);
        Assert.Equal(3, served.AbortedCount);
    }

    private static ServedConnections Serve(int limit, Func<Connection, Task> handler)
    {
        var log = new ListLogger();
        return new(
            (connection, _) => handler(connection), HandlerPlacement.Engine, limit, log, new RescueLog("Test", log, new FakeTime()));
    }

    private async Task EndAsync()
    {
        _return.SetResult();
        await _served.WhenEmpty().WaitAsync(Cap);
        Assert.Equal(0, _served.Count);
    }
}
