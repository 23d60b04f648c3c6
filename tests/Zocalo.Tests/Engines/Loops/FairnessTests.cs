using System.Collections.Concurrent;
using Zocalo.Engines;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>One loop, two connections: whatever one of them does, short of blocking the thread, the other is served.</summary>
public sealed class FairnessTests
{
    public static TheoryData<string> Shared => LoopEngines.Shared;

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_handler_that_always_comes_back_at_once_starves_nobody(string name)
    {
        var stop = false;
        await CheckAsync(name, new InjectedCalls(), async connection =>
        {
            while (!Volatile.Read(ref stop) && !connection.ConnectionClosed.IsCancellationRequested)
            {
                await Task.Yield();
            }
        });
        Volatile.Write(ref stop, true);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_peer_that_sends_without_pause_starves_nobody(string name)
    {
        var calls = new InjectedCalls();
        var flood = new ConcurrentDictionary<int, bool>();
        calls.OnReceive = socket => flood.ContainsKey(socket) ? IoResult.Done(1) : null;        // there is always a byte
        await CheckAsync(name, calls, async connection =>
        {
            while (await connection.ReceiveAsync(new byte[16]) > 0)
            {
            }
        }, socket => flood[socket] = true);
        flood.Clear();
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public Task A_handler_whose_peer_takes_everything_starves_nobody(string name) => CheckSenderAsync(name, static (connection, bytes) => connection.SendAsync(bytes).AsTask());

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public Task A_handler_that_flushes_and_whose_peer_takes_everything_starves_nobody(string name) => CheckSenderAsync(name, static async (connection, bytes) =>
    {
        bytes.CopyTo(connection.Output.GetMemory(bytes.Length));
        connection.Output.Advance(bytes.Length);
        await connection.Output.FlushAsync();
    });

    private static async Task CheckSenderAsync(string name, Func<Connection, byte[], Task> send)
    {
        var calls = new InjectedCalls();
        var sink = new ConcurrentDictionary<int, bool>();
        var stop = false;
        calls.OnSend = socket => sink.ContainsKey(socket) ? IoResult.Done(16) : null;       // it takes the whole message, at once, always
        await CheckAsync(name, calls, async connection =>
        {
            var bytes = new byte[16];
            await connection.ReceiveAsync(new byte[1]);
            while (!Volatile.Read(ref stop) && !connection.ConnectionClosed.IsCancellationRequested)
            {
                await send(connection, bytes);
            }
        }, socket => sink[socket] = true, () => Volatile.Write(ref stop, true));
    }

    /// <summary>The first connection's handler is greedy, the second's echoes.</summary>
    private static async Task CheckAsync(string name, InjectedCalls calls, Func<Connection, Task> greedy, Action<int>? chosen = null, Action? stop = null)
    {
        var count = 0;
        var sockets = new ConcurrentQueue<int>();
        var receive = calls.OnReceive;
        calls.OnReceive = socket =>
        {
            sockets.Enqueue(socket);
            return receive(socket);
        };
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, calls), async (connection, ct) =>
        {
            if (Interlocked.Increment(ref count) == 2)
            {
                await greedy(connection);
            }
            else
            {
                await LoopEngines.EchoAsync(connection, ct);
            }
        });
        using var other = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(other));
        var before = sockets.ToHashSet();
        using var client = LoopEngines.Connect(served.LocalAddress);
        try
        {
            if (chosen is not null)
            {
                Assert.True(SpinWait.SpinUntil(() => sockets.Any(socket => !before.Contains(socket)), LoopEngines.Cap));
                chosen(sockets.First(socket => !before.Contains(socket)));
            }
            client.Send([1]);
            await LoopEngines.RunAsync(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    LoopEngines.Ping(other);
                }
            });
        }
        finally
        {
            calls.OnReceive = receive;
            stop?.Invoke();
        }
    }
}
