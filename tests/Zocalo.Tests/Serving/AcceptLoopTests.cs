using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Testing;

namespace Zocalo.Tests.Serving;

/// <summary>No accept error ends a server: every one that the platform knows is tried.</summary>
public sealed class AcceptLoopTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    public static TheoryData<SocketError> EveryError =>
        [.. Enum.GetValues<SocketError>().Except([SocketError.Success, SocketError.IOPending])];

    [Theory]
    [MemberData(nameof(EveryError))]
    public async Task The_server_survives_an_accept_that_fails(SocketError error)
    {
        var engine = new FailingEngine(error, error, error);
        var time = new FakeTime();
        await using var server = await StartEchoAsync(engine, time);
        var served = EchoOnceAsync(engine, server.LocalAddress);
        await AdvanceUntilAsync(time, served);
        Assert.Equal(0, engine.ErrorsLeft);
    }

    [Fact]
    public async Task A_lack_of_descriptors_pauses_accepting_and_says_so_once()
    {
        var engine = new FailingEngine(SocketError.TooManyOpenSockets);
        var time = new FakeTime();
        var log = new ListLogger();
        await using var server = await StartEchoAsync(engine, time, log);
        var served = EchoOnceAsync(engine, server.LocalAddress);
        Assert.False(served.IsCompleted, "served before the pause was over");
        await AdvanceUntilAsync(time, served);
        Assert.Single(log.Lines, line => line.StartsWith("Accepting failed with TooManyOpenSockets", StringComparison.Ordinal));
        Assert.Single(log.Lines, line => line.StartsWith("Accepting goes on", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_connection_that_died_in_the_backlog_is_skipped_without_a_pause()
    {
        var engine = new FailingEngine(SocketError.ConnectionAborted, SocketError.ConnectionReset);
        await using var server = await StartEchoAsync(engine, new FakeTime());      // nobody advances the clock
        await EchoOnceAsync(engine, server.LocalAddress).WaitAsync(Cap);
    }

    [Fact]
    public async Task A_pause_does_not_hold_up_the_stop()
    {
        var engine = new FailingEngine(SocketError.TooManyOpenSockets);
        var server = await StartEchoAsync(engine, new FakeTime());                  // nobody advances the clock
        await server.StopAsync().WaitAsync(Cap);
    }

    [Fact]
    public async Task A_backlog_that_never_empties_does_not_hold_up_the_stop_beyond_DrainTimeout()
    {
        var engine = new FailingEngine { ClaimsToHaveMore = true };
        var time = new FakeTime();
        var server = await StartEchoAsync(engine, time);
        await EchoOnceAsync(engine, server.LocalAddress).WaitAsync(Cap);
        var stopping = server.StopAsync();
        Assert.False(stopping.IsCompleted);
        time.Advance(ServerOptions.Default.DrainTimeout);
        await stopping.WaitAsync(Cap);
        Assert.Equal(0, server.AbortedCount);
    }

    [Fact]
    public async Task The_limit_is_the_smaller_of_the_setting_and_what_the_process_may_open()
    {
        await using var few = await SocketServer.StartAsync(":0", (_, _) => Task.CompletedTask, new() { MaxConnections = 3 });
        Assert.Equal(3, few.MaxConnections);
        Assert.Equal(ConnectionLimit.Setting, few.LimitedBy);
        if (OperatingSystem.IsLinux())
        {
            await using var many = await SocketServer.StartAsync(":0", (_, _) => Task.CompletedTask);
            var limits = File.ReadLines("/proc/self/limits").Single(line => line.StartsWith("Max open files", StringComparison.Ordinal));
            var soft = limits["Max open files".Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
            Assert.Equal(soft == "unlimited" ? int.MaxValue : int.Parse(soft, null) - 64, many.MaxConnections);
            Assert.Equal(soft == "unlimited" ? ConnectionLimit.Setting : ConnectionLimit.Descriptors, many.LimitedBy);
        }
    }

    [Fact]
    public async Task A_server_on_select_is_limited_by_the_engine()
    {
        if (OperatingSystem.IsLinux())
        {
            await using var server = await SocketServer.StartAsync(":0", (_, _) => Task.CompletedTask, new() { Engine = Engine.Select });
            Assert.Equal(1024 - 64, server.MaxConnections);
            Assert.Equal(ConnectionLimit.Engine, server.LimitedBy);
        }
    }

    private static Task<SocketServer> StartEchoAsync(Engine engine, TimeProvider time, ILogger? logger = null) => SocketServer.StartAsync(
        ":5346",
        (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct),
        new()
        {
            Engine = engine,
            Time = time,
            Logger = logger ?? new ListLogger(),
            Deadlines = new() { Idle = Timeout.InfiniteTimeSpan },      // the clock runs faster than the client
        });

    private static async Task EchoOnceAsync(Engine engine, Address address)
    {
        await using var connection = await Connector.ConnectAsync(address, new() { Engine = engine });
        await connection.SendAsync(new byte[] { 42 });
        var reply = new byte[1];
        Assert.Equal(1, await connection.ReceiveAsync(reply));
        Assert.Equal(42, reply[0]);
    }

    // The pauses are the server's own; the clock moves until it has come through them.
    private static async Task AdvanceUntilAsync(FakeTime time, Task done)
    {
        using var cap = new CancellationTokenSource(Cap);
        while (!done.IsCompleted)
        {
            cap.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Yield();
        }
        await done;
    }
}
