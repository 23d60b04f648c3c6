using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>The engines that own their threads, built for one test each, and plain sockets to talk to them.</summary>
internal static class LoopEngines
{
    /// <summary>Of every wait: what takes longer hangs. It is far more than a busy machine needs, and no claim about time.</summary>
    internal static readonly TimeSpan Cap = TimeSpan.FromMinutes(2);

    private static readonly ConcurrentDictionary<(string Name, int Loops), LoopEngine> s_reused = new();

    /// <summary>Those whose connections share a loop.</summary>
    public static TheoryData<string> Shared => ["select", "epoll"];

    public static TheoryData<string> All => ["threads", "select", "epoll"];

    public static bool IsLinux => OperatingSystem.IsLinux();

    /// <param name="name">Of the engine.</param>
    /// <param name="calls">The system's, if a test does not answer.</param>
    /// <param name="loops">How many.</param>
    /// <param name="rescue">A watchdog looks at them.</param>
    /// <param name="around">What a test puts around each poller.</param>
    /// <param name="watchdog">Makes the watchdog; null: the real one.</param>
    /// <param name="clock">By which loops share their time; null: the system's.</param>
    internal static LoopEngine Make(
        string name,
        SocketCalls? calls = null,
        int loops = 1,
        bool rescue = false,
        Func<IPoller, IPoller>? around = null,
        Func<Loop[], Watchdog>? watchdog = null,
        TimeProvider? clock = null)
    {
        var kernel = calls ?? LinuxSocketCalls.Instance;
        var wrap = around ?? (static poller => poller);
        return name switch
        {
            "threads" => new ThreadsEngine(() => wrap(new PollPoller()), kernel),
            "select" => Multiplexing(static () => new SelectPoller()),
            "epoll" => Multiplexing(static () => new EpollPoller()),
            _ => throw new ArgumentException($"there is no engine {name} with loops", nameof(name)),
        };

        MultiplexingEngine Multiplexing(Func<IPoller> newPoller) => new(name, () => wrap(newPoller()), kernel, loops, rescue)
        {
            NewWatchdog = watchdog ?? (static loops => new Watchdog(loops)),
            Clock = clock ?? TimeProvider.System,
        };
    }

    /// <summary>The same one each time, for tests that block none of its loops: engines are never taken down, and select(2) knows few
    /// descriptors.</summary>
    internal static LoopEngine Reuse(string name, int loops) =>
        s_reused.GetOrAdd((name, loops), static key => Make(key.Name, loops: key.Loops));

    internal static async Task<Served> ServeAsync(
        Engine engine, ConnectionHandler handler, Address? address = null, ServerOptions? options = null) =>
        new(await SocketServer.StartAsync(
            address ?? "127.0.0.1:0", handler, (options ?? new() { Logger = new OutputLogger() }) with { Engine = engine }).WaitAsync(Cap));

    internal static Task EchoAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.Input.CopyToAsync(connection.Output, cancellationToken);

    /// <summary>A blocking socket of the system's own that never waits for more than the cap.</summary>
    internal static Socket Connect(Address address)
    {
        var socket = new Socket(
            SocketType.Stream,
            ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = (int)Cap.TotalMilliseconds, SendTimeout = (int)Cap.TotalMilliseconds };
        socket.Connect(IPAddress.Loopback, ((TcpAddress)address).Port);
        return socket;
    }

    internal static byte[] Receive(Socket socket, int count)
    {
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var some = socket.Receive(bytes.AsSpan(received));
            Assert.True(some > 0, $"the peer finished after {received} of {count} bytes");
            received += some;
        }
        return bytes;
    }

    /// <summary>Sends one byte and waits until it comes back: the loop is alive.</summary>
    internal static void Ping(Socket socket)
    {
        socket.Send([42]);
        Assert.Equal(42, Receive(socket, 1)[0]);
    }

    /// <summary>For what shows itself nowhere but in a state.</summary>
    internal static Task UntilAsync(Func<bool> condition, string otherwise) =>
        RunAsync(() => Assert.True(SpinWait.SpinUntil(condition, Cap), otherwise));

    /// <summary>Waits for the next that comes.</summary>
    internal static async Task<T> NextAsync<T>(System.Collections.Concurrent.ConcurrentQueue<T> queue)
    {
        T? next = default;
        await UntilAsync(() => queue.TryDequeue(out next), "nothing came");
        return next!;
    }

    /// <summary>A watchdog that looks when a test says so, by the test's clock.</summary>
    internal static Watchdog Unhurried(Loop[] loops) => new(loops, runs: false, times: static _ => null);

    /// <summary>Has it look once, as if 5 ms had passed.</summary>
    internal static void Tick(this Watchdog watchdog) => watchdog.Look(new(TimeSpan.FromMilliseconds(5), TimeSpan.Zero, TimeSpan.Zero));

    /// <summary>Runs what blocks on a thread of its own, and fails when it does not end.</summary>
    internal static Task RunAsync(Action blocking) => Task.Factory.StartNew(blocking, TaskCreationOptions.LongRunning).WaitAsync(Cap);

    /// <summary>Begins something on a thread of its own, which may block.</summary>
    internal static Task<T> StartAsync<T>(Func<Task<T>> begin) => Task.Factory.StartNew(begin, TaskCreationOptions.LongRunning).Unwrap();
}

/// <summary>A server that a test stops, and does not wait for longer than the cap: its loop may be what hangs.</summary>
internal sealed class Served(SocketServer server) : IAsyncDisposable
{
    internal Address LocalAddress => server.LocalAddress;

    internal SocketServer Server => server;

    public async ValueTask DisposeAsync() => await server.StopAsync(new CancellationToken(canceled: true)).WaitAsync(LoopEngines.Cap);
}
