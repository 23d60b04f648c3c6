using System.Collections.Concurrent;
using Zocalo.Contract.Harness;
using Zocalo.Tests.Serving;

namespace Zocalo.Tests.Telemetry;

/// <summary>Who is told of each connection's end: once, after the handler, and before the server has stopped.</summary>
public sealed class EndedTests
{
    private readonly ConcurrentQueue<(long Id, ConnectionEnd End)> _ended = new();
    private readonly ConcurrentDictionary<long, bool> _returned = new();
    private readonly ConcurrentQueue<long> _tooEarly = new();
    private readonly ListLogger _log = new();

    [Fact]
    public async Task Each_connection_is_told_once_after_its_handler_and_before_the_stop_completes()
    {
        var server = await SocketServer.StartAsync("127.0.0.1:0", ServeAsync, Options(TimeSpan.FromSeconds(30))).InTime();
        var orderly = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await orderly.SendAsync("."u8.ToArray()).InTime();
        await orderly.CloseAsync().InTime();
        var failing = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await failing.SendAsync("!"u8.ToArray()).InTime();
        await failing.CloseAsync().InTime();
        await Patience.UntilAsync(() => _ended.Count == 2);
        var drained = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 1);
        var closing = drained.CloseAsync();
        await server.StopAsync().InTime();
        await closing.InTime();
        Assert.Equal(3, _ended.Count);
        Assert.Equal(3, _ended.DistinctBy(each => each.Id).Count());
        Assert.Equal(EndReason.PeerFinished, _ended.ElementAt(0).End.Reason);
        Assert.Equal(1, _ended.ElementAt(0).End.BytesReceived);
        Assert.Equal(EndReason.HandlerFailed, _ended.ElementAt(1).End.Reason);
        Assert.Empty(_tooEarly);
    }

    [Fact]
    public async Task One_that_a_drain_aborts_is_told_too()
    {
        var server = await SocketServer.StartAsync("127.0.0.1:0", ServeAsync, Options(TimeSpan.FromMilliseconds(1))).InTime();
        var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await client.SendAsync("w"u8.ToArray()).InTime();
        await Patience.UntilAsync(() => !_returned.IsEmpty);
        await server.StopAsync().InTime();
        Assert.Equal(1, server.AbortedCount);
        Assert.Equal(EndReason.Aborted, Assert.Single(_ended).End.Reason);
        client.Abort();
    }

    [Fact]
    public async Task What_it_throws_is_logged_and_harms_nobody()
    {
        var options = Options(TimeSpan.FromSeconds(30)) with { Ended = static (_, _) => throw new InvalidOperationException("as asked") };
        var server = await SocketServer.StartAsync("127.0.0.1:0", ServeAsync, options).InTime();
        for (var i = 0; i < 2; i++)
        {
            var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
            await client.SendAsync("."u8.ToArray()).InTime();
            Assert.Equal(1, await client.ReceiveAsync(new byte[1]).InTime());
            await client.CloseAsync().InTime();
        }
        await server.StopAsync().InTime();
        Assert.Equal(0, server.ConnectionCount);
        Assert.Equal(2, _log.Lines.Count(line => line.StartsWith("ServerOptions.Ended threw, about connection", StringComparison.Ordinal)));
    }

    private ServerOptions Options(TimeSpan drain) => new() { DrainTimeout = drain, Ended = Note, Logger = _log };

    private void Note(Connection connection, ConnectionEnd end)
    {
        if (!_returned.TryGetValue(connection.Id, out var returned) || !returned || !connection.Closed.IsCompleted)
        {
            _tooEarly.Enqueue(connection.Id);
        }
        _ended.Enqueue((connection.Id, end));
    }

    private async Task ServeAsync(Connection connection, CancellationToken cancellationToken)
    {
        try
        {
            var bytes = new byte[1];
            while (await connection.ReceiveAsync(bytes, cancellationToken) > 0)
            {
                if (bytes[0] == (byte)'!')
                {
                    throw new InvalidOperationException("as asked");
                }
                _returned[connection.Id] = false;
                if (bytes[0] == (byte)'w')
                {
                    await connection.Closed;
                }
                await connection.SendAsync(bytes, cancellationToken);
            }
        }
        finally
        {
            await Task.Yield();
            _returned[connection.Id] = true;
        }
    }
}
