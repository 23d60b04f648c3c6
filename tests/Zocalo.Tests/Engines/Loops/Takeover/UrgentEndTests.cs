using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>
/// On <c>threads</c> a connection's only thread may be about to enter user code, which takes its time, at the moment when another thread
/// ends the connection. Whichever comes first, the end does not wait
/// for that code.
/// </summary>
public sealed class UrgentEndTests : IDisposable
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly InjectedCalls _calls = new();
    private readonly Obstacle _obstacle = new();
    private readonly ManualResetEventSlim _inEngine = new();
    private readonly ManualResetEventSlim _goOn = new();
    private readonly TaskCompletionSource<Connection> _connection = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _armed;
    private int _receives;

    public UrgentEndTests()
    {
        Assert.SkipUnless(LoopEngines.IsLinux, "Linux's calls.");
        _calls.OnReceive = _ =>
        {
            if (Interlocked.Exchange(ref _armed, 0) == 1)
            {
                _inEngine.Set();
                _goOn.Wait(Cap);
            }
            Interlocked.Increment(ref _receives);
            return null;
        };
    }

    public void Dispose()
    {
        _goOn.Set();
        _obstacle.Dispose();
    }

    [Fact]
    public async Task An_abort_while_the_loop_wakes_a_handler_that_then_blocks_does_not_wait_for_it()
    {
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make("threads", _calls), async (connection, ct) =>
        {
            _connection.SetResult(connection);
            try
            {
                await connection.ReceiveAsync(new byte[1], ct);
            }
            finally
            {
                _obstacle.Meet();
            }
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        var connection = await _connection.Task.WaitAsync(Cap);
        await LoopEngines.UntilAsync(() => Volatile.Read(ref _receives) > 0, "the handler does not receive");
        Volatile.Write(ref _armed, 1);      // for the loop's own receive, not the one that the handler began with
        client.Send([1]);
        await CheckAbortAsync(connection, client);
    }

    [Fact]
    public async Task An_abort_while_a_handler_that_then_blocks_calls_the_engine_does_not_wait_for_it()
    {
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make("threads", _calls), (connection, ct) =>
        {
            _connection.SetResult(connection);
            Volatile.Write(ref _armed, 1);
            var receiving = connection.ReceiveAsync(new byte[1], ct).AsTask();     // in the engine, and back into this code
            _obstacle.Meet();
            return receiving;
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        await CheckAbortAsync(await _connection.Task.WaitAsync(Cap), client);
    }

    /// <summary>A process may exit as soon as it has aborted its connections: the system closes their sockets then, and not the
    /// loop.</summary>
    [Theory]
    [MemberData(nameof(LoopEngines.All), MemberType = typeof(LoopEngines))]
    public async Task A_socket_is_one_to_reset_when_its_abort_returns_and_not_when_the_loop_hears_of_it(string name)
    {
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), async (connection, ct) =>
        {
            _connection.SetResult(connection);
            await connection.ReceiveAsync(new byte[1], ct);
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        var connection = await _connection.Task.WaitAsync(Cap);
        Volatile.Write(ref _armed, 1);
        client.Send([1]);
        await LoopEngines.RunAsync(() => Assert.True(_inEngine.Wait(Cap)));
        connection.Abort();
        Assert.Single(_calls.Reset);
        Assert.Empty(_calls.Closed);
        _goOn.Set();
        await LoopEngines.RunAsync(() => AssertReset(client));
    }

    /// <summary>
    /// No place in the code is held here: handlers begin callback after callback, and block in the first one that begins when the abort is
    /// on its way.
    /// </summary>
    [Fact]
    public async Task An_abort_meets_a_callback_that_begins_at_any_moment()
    {
        const int Rounds = 30;
        var engine = LoopEngines.Make("threads");
        var started = new ConcurrentQueue<(Connection Connection, StrongBox<Obstacle?> Block)>();
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, _) =>
        {
            var block = new StrongBox<Obstacle?>();
            started.Enqueue((connection, block));
            Obstacle? obstacle;
            while ((obstacle = Volatile.Read(ref block.Value)) is null)
            {
                await Task.Yield();
            }
            obstacle.Meet();
        });
        for (var round = 0; round < Rounds; round++)
        {
            using var obstacle = new Obstacle();
            using var client = LoopEngines.Connect(served.LocalAddress);
            var (connection, block) = await LoopEngines.NextAsync(started);
            Volatile.Write(ref block.Value, obstacle);
            connection.Abort();
            Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
            await LoopEngines.RunAsync(() => AssertReset(client));
        }
    }

    private async Task CheckAbortAsync(Connection connection, Socket client)
    {
        await LoopEngines.RunAsync(() => Assert.True(_inEngine.Wait(Cap)));
        connection.Abort();
        _goOn.Set();
        await _obstacle.UntilMetAsync(1);
        Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
        await LoopEngines.RunAsync(() => AssertReset(client));
        _obstacle.Remove();
    }

    private static void AssertReset(Socket client) =>
        Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.Receive(new byte[1])).SocketErrorCode);
}
