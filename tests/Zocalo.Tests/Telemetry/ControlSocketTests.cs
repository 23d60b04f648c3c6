using System.Diagnostics.Metrics;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Zocalo.Contract.Harness;
using Zocalo.Engines;
using Zocalo.Serving;
using Zocalo.Testing;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Telemetry;

/// <summary>What a control socket shows, to whom, and for how long.</summary>
public sealed class ControlSocketTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("zocalo-").FullName;
    private readonly UnixAddress _control;

    public ControlSocketTests() => _control = new(Path.Combine(_folder, "x.zocalo"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_tells_what_the_server_is_and_every_second_what_it_does()
    {
        await using var server = await StartAsync();
        await using var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await client.SendAsync(new byte[10]).InTime();
        await client.ReceiveAsync(new byte[10]).InTime();
        await using var lines = await Connector.ConnectAsync(_control, Frames.Lines()).InTime();
        var header = await ReadAsync(lines);
        Assert.Equal(1, header.GetProperty("zocalo").GetInt32());
        Assert.Equal(Environment.ProcessId, header.GetProperty("pid").GetInt32());
        Assert.Equal(server.LocalAddress.ToString(), header.GetProperty("address").GetString());
        Assert.Equal(server.Engine.Name, header.GetProperty("engine").GetString());
        var first = await ReadAsync(lines);
        Assert.False(first.TryGetProperty("perSecond", out _));
        Assert.Equal(1, first.GetProperty("connections").GetProperty("reading").GetInt32());
        Assert.Equal((10, 10), (first.GetProperty("bytesIn").GetInt64(), first.GetProperty("bytesOut").GetInt64()));
        Assert.Equal((1, 0), (first.GetProperty("accepted").GetInt64(), first.GetProperty("ended").GetInt64()));
        Assert.True(first.GetProperty("oldestSeconds").GetDouble() >= 0);
        Assert.Equal(client.LocalAddress.ToString(), first.GetProperty("peers")[0].GetProperty("address").GetString());

        await client.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 0);
        var second = await ReadAsync(lines);
        Assert.Equal(1, second.GetProperty("ends").GetProperty("PeerFinished").GetInt64());
        Assert.True(second.GetProperty("perSecond").GetProperty("ended").GetDouble() > 0);
        Assert.True(second.GetProperty("uptimeSeconds").GetDouble() > first.GetProperty("uptimeSeconds").GetDouble());
    }

    [Fact]
    public async Task It_is_the_owners_alone_and_gone_with_the_server()
    {
        var server = await StartAsync();
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_control.Path));
        }
        await using var lines = await Connector.ConnectAsync(_control, Frames.Lines()).InTime();
        await ReadAsync(lines);
        var hungUpOn = ReadToEndAsync(lines);
        await server.StopAsync().InTime();
        await hungUpOn.InTime();
        Assert.False(File.Exists(_control.Path));
    }

    [Fact]
    public async Task Who_watches_is_no_connection_of_the_server_and_is_not_measured()
    {
        using var meter = new OwnMeter();
        var measured = 0;
        using var listener = ListenToTheProcess(() => measured++);
        await using var server = await StartAsync(new() { ControlSocket = _control, MeterFactory = meter, MaxConnections = 1 });
        await using var lines = await Connector.ConnectAsync(_control, Frames.Lines()).InTime();
        await ReadAsync(lines);
        Assert.Equal(0, server.ConnectionCount);
        Assert.Equal(0, (await ReadAsync(lines)).GetProperty("accepted").GetInt64());
        meter.Collect();
        Assert.Null(meter.Of("zocalo.active_connections"));
        listener.RecordObservableInstruments();
        Assert.Equal(0, measured);
    }

    [Fact]
    public async Task A_path_in_use_is_refused_and_the_servers_address_is_free_again()
    {
        await using var other = await SocketServer.StartAsync(_control, (_, _) => Task.CompletedTask).InTime();
        var address = TcpAddress.Loopback(FreePort());
        var error = await Assert.ThrowsAsync<NetworkException>(() => StartAsync(address: address)).InTime();
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketError);
        await using var server = await StartAsync(new(), address);
    }

    [Fact]
    public async Task A_watcher_that_does_not_read_holds_up_neither_the_server_nor_its_stop()
    {
        var server = await StartAsync();
        using var watcher = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        watcher.Connect(new UnixDomainSocketEndPoint(_control.Path));
        await using (var client = await Connector.ConnectAsync(server.LocalAddress).InTime())
        {
            await client.SendAsync(new byte[10]).InTime();
            await client.ReceiveAsync(new byte[10]).InTime();
        }
        await server.StopAsync().InTime();
    }

    [Fact]
    public async Task A_watcher_that_takes_nothing_is_cut_in_the_end()
    {
        await using var server = await StartAsync(new());
        var time = new FakeTime();
        var control = new ControlSocket(time);
        control.Show(server);
        var sends = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var socket = new ScriptedSocket
        {
            OnSend = _ =>
            {
                sends.TrySetResult();
                return IoResult.Pending;
            },
        };
        var watcher = socket.Connect(new() { SendHighWaterMark = 1 });
        var serving = control.ServeAsync(watcher, CancellationToken.None);
        await sends.Task.InTime();
        await Patience.UntilAsync(() => watcher.Core.Write.IsWaiting);
        time.Advance(ControlSocket.StallTimeout - TimeSpan.FromMilliseconds(1));
        Assert.False(watcher.Core.IsBroken);
        time.Advance(TimeSpan.FromMilliseconds(1));
        await serving.InTime();
        Assert.Equal(EndReason.Aborted, watcher.Core.Cause!.Reason);
    }

    [Fact]
    public async Task Each_state_of_a_connection_is_told_from_the_others()
    {
        var working = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var handlers = new Dictionary<long, Func<Connection, Task>>();
        var log = NullLogger.Instance;
        var time = new FakeTime();
        time.Advance(TimeSpan.FromSeconds(1));
        var served = new ServedConnections(
            (connection, _) => handlers[connection.Id](connection), HandlerPlacement.Engine, 4, log, new RescueLog("", log, time))
        {
            Time = time,
            ShowsAge = true,
        };
        var reading = Begin(new(), connection => connection.Input.ReadAsync().AsTask());
        time.Advance(TimeSpan.FromSeconds(5));
        var sending = Begin(
            new() { OnSend = _ => IoResult.Pending }, connection => connection.SendAsync(new byte[100_000]).AsTask());
        Begin(new(), _ => working.Task);
        Begin(new(), _ => Task.CompletedTask);
        Begin(new(), _ => Task.CompletedTask);
        await Patience.UntilAsync(() => served.TakeSnapshot(began: 1).States is [1, 1, 1, 1, 1]);
        time.Advance(TimeSpan.FromSeconds(1));

        var snapshot = served.TakeSnapshot(began: 1);
        Assert.Equal(TimeSpan.FromSeconds(6), snapshot.Oldest);
        Assert.Equal((5, 0), (snapshot.Accepted, snapshot.Ended.Sum()));
        Assert.Equal(100_000, snapshot.Bytes.Unsent);
        Assert.Equal(4, snapshot.Peers.Count);
        Assert.Equal((sending.Id, 100_000, ConnectionState.Sending), (
            snapshot.Peers[0].Id, snapshot.Peers[0].Bytes.Unsent, snapshot.Peers[0].State));
        Assert.Equal(TimeSpan.FromSeconds(1), snapshot.Peers[0].Age);
        Assert.Contains(snapshot.Peers, peer => peer.Id == reading.Id && peer.State == ConnectionState.Reading);
        working.SetResult();
        served.AbortAll();
        await served.WhenEmpty().InTime();
        Assert.Equal(5, served.TakeSnapshot(began: 1).Ended.Sum());

        Connection Begin(ScriptedSocket socket, Func<Connection, Task> handler)
        {
            var connection = socket.Connect();
            handlers.Add(connection.Id, handler);
            var (receiving, aborted) = (false, false);
            socket.OnReceive = _ =>
            {
                receiving = !aborted;
                return aborted ? IoResult.Failed(SocketError.OperationAborted) : IoResult.Pending;
            };
            socket.OnAbort = () =>
            {
                if (aborted)
                {
                    return;
                }
                aborted = true;
                if (socket.OnSend is not null)
                {
                    socket.Owner.OnSent(IoResult.Failed(SocketError.OperationAborted));
                }
                if (receiving)
                {
                    socket.Owner.OnReceived(IoResult.Failed(SocketError.OperationAborted));
                }
            };
            _ = served.BeginInTurnAsync(connection);
            return connection;
        }
    }

    [Fact]
    public async Task A_handler_that_blocks_from_its_first_line_on_is_at_work()
    {
        using var release = new ManualResetEventSlim();
        var log = NullLogger.Instance;
        var served = new ServedConnections(
            (_, ct) =>
            {
                release.Wait(Patience.Cap, ct);
                return Task.CompletedTask;
            },
            HandlerPlacement.Engine,
            int.MaxValue,
            log,
            new RescueLog("", log, TimeProvider.System)) { ShowsAge = true };
        served.Begin(new ScriptedSocket { OnReceive = _ => IoResult.Done(0) }.Connect());
        await Patience.UntilAsync(() => served.TakeSnapshot(began: 1).States is [0, 0, 0, 1, 0]);
        release.Set();
        await served.WhenEmpty().InTime();
    }

    [Fact]
    public async Task The_slowest_peers_are_named_and_no_more_than_ten()
    {
        var log = NullLogger.Instance;
        var served = new ServedConnections(
            (connection, ct) => connection.SendAsync(new byte[1000 * (connection.Core.Options.ReceiveLimit - 5000)], ct).AsTask(),
            HandlerPlacement.Engine,
            int.MaxValue,
            log,
            new RescueLog("", log, TimeProvider.System)) { ShowsAge = true };
        for (var i = 1; i <= 15; i++)
        {
            served.Begin(new ScriptedSocket { OnSend = _ => IoResult.Pending }.Connect(new() { ReceiveLimit = 5000 + i }));
        }
        await Patience.UntilAsync(() => served.TakeSnapshot(began: 1).Bytes.Unsent == 1000 * Enumerable.Range(1, 15).Sum());
        Assert.Equal(
            Enumerable.Range(6, 10).Reverse().Select(number => 1000L * number),
            served.TakeSnapshot(began: 1).Peers.Select(peer => peer.Bytes.Unsent));
    }

    /// <summary>To the meter of the process, on which the control socket's own server would be measured: it has no factory.</summary>
    private MeterListener ListenToTheProcess(Action onServerOfControl)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Meter is { Name: "Zocalo", Scope: null })
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            var all = tags.ToArray();
            if (all.Contains(new("server.address", _control.Path)) && all.Contains(new("zocalo.side", "server")))
            {
                onServerOfControl();
            }
        });
        listener.Start();
        return listener;
    }

    private static int FreePort()
    {
        using var socket = new TcpListener(System.Net.IPAddress.Loopback, 0);
        socket.Start();
        return ((System.Net.IPEndPoint)socket.LocalEndpoint).Port;
    }

    private static async Task ReadToEndAsync(FramedConnection<Frame, Frame> lines)
    {
        await foreach (var line in lines.ReadAllAsync())
        {
            Assert.True(line.Length > 0);
        }
        await lines.CloseAsync();
    }

    private static async Task<JsonElement> ReadAsync(FramedConnection<Frame, Frame> lines)
    {
        Assert.True(await lines.WaitToReadAsync().InTime());
        Assert.True(lines.TryRead(out var line));
        return JsonDocument.Parse(line.ToArray()).RootElement;
    }

    private Task<SocketServer> StartAsync(ServerOptions? options = null, Address? address = null) => SocketServer.StartAsync(
        address ?? "127.0.0.1:0",
        (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct),
        options ?? new() { ControlSocket = _control });
}
