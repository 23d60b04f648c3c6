using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Sockets;
using Zocalo.Testing;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>One listener and one accept queue for each loop: whose they are, who shares the port, and where it is refused.</summary>
public sealed class PerLoopTests : IDisposable
{
    private const int Loops = 3;
    private const int Clients = 40;     // that one loop of three gets none of them is as good as impossible: 3 × 0.67^40

    private static readonly SocketSettings None = new(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    private readonly List<Socket> _clients = [];

    public static TheoryData<string> Shared => LoopEngines.Shared;

    public static TheoryData<Engine> WithoutSharedLoops =>
        OperatingSystem.IsLinux()
            ? [Engine.Async, Engine.Threads, SimulatedHost.OnThreadPool()]
            : [Engine.Async, SimulatedHost.OnThreadPool()];

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task Each_loop_has_a_queue_and_what_is_accepted_from_it_lives_on_that_loop(string name)
    {
        var engine = LoopEngines.Reuse(name, Loops);
        var listeners = engine.ListenPerLoop(AnyPort, backlog: Clients, None);
        Assert.Equal(Loops, listeners.Select(listener => listener.Scheduler).Distinct().Count());
        Assert.Single(listeners.Select(listener => listener.LocalEndPoint).Distinct());
        var port = ((IPEndPoint)listeners[0].LocalEndPoint).Port;
        for (var i = 0; i < Clients; i++)
        {
            _clients.Add(LoopEngines.Connect(new TcpAddress("127.0.0.1", port)));
        }
        var accepted = 0;
        while (accepted < Clients)
        {
            await LoopEngines.UntilAsync(() => listeners.Any(listener => listener.IsConnectionWaiting), $"{accepted} of {Clients} came");
            foreach (var listener in listeners.Where(listener => listener.IsConnectionWaiting))
            {
                var socket = (LoopSocket)(await listener.AcceptAsync().AsTask().WaitAsync(LoopEngines.Cap)).Socket!;
                Assert.Same(listener.Scheduler, socket.Loop.Scheduler);
                Abort(socket);
                accepted++;
            }
        }
        Array.ForEach(listeners, listener => listener.Close());
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_server_s_connections_are_on_every_loop_and_stay_there(string name)
    {
        var byConnection = new ConcurrentDictionary<long, ConcurrentBag<Loop>>();
        await using var served = await ServeAsync(LoopEngines.Reuse(name, Loops), async (connection, ct) =>
        {
            var seen = byConnection.GetOrAdd(connection.Id, _ => []);
            var bytes = new byte[1];
            seen.Add(LoopOwnership.Current!.Loop);
            while (await connection.ReceiveAsync(bytes, ct) > 0)
            {
                seen.Add(LoopOwnership.Current!.Loop);
                await connection.SendAsync(bytes, ct);
            }
        });
        for (var i = 0; i < Clients; i++)
        {
            _clients.Add(LoopEngines.Connect(served.LocalAddress));
        }
        for (var i = 0; i < 3; i++)
        {
            await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
        }
        Assert.Equal(Clients, byConnection.Count);
        Assert.All(byConnection.Values, seen => Assert.Single(seen.Distinct()));
        Assert.Equal(Loops, byConnection.Values.Select(seen => seen.First()).Distinct().Count());
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task Of_two_servers_on_a_port_the_second_is_refused_whichever_of_them_listens_once_for_each_loop(string name)
    {
        foreach (var (first, second) in new[] { (true, true), (true, false), (false, true) })
        {
            await using var served = await ServeAsync(LoopEngines.Reuse(name, Loops), LoopEngines.EchoAsync, perLoop: first);
            var error = await Assert.ThrowsAsync<NetworkException>(
                () => ServeAsync(LoopEngines.Reuse(name, Loops), LoopEngines.EchoAsync, served.LocalAddress, second));
            Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketError);
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task The_port_is_free_when_the_server_has_stopped(string name)
    {
        Address address = "127.0.0.1:0";
        for (var i = 0; i < 3; i++)
        {
            await using var served = await ServeAsync(LoopEngines.Reuse(name, Loops), LoopEngines.EchoAsync, address);
            address = served.LocalAddress;
            using var client = LoopEngines.Connect(address);
            await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task On_every_interface_clients_of_IPv4_reach_every_loop(string name)
    {
        var loops = new ConcurrentDictionary<Loop, bool>();
        await using var served = await ServeAsync(LoopEngines.Reuse(name, Loops), (connection, ct) =>
        {
            loops[LoopOwnership.Current!.Loop] = true;
            return LoopEngines.EchoAsync(connection, ct);
        }, "*:0");
        Assert.Equal("*", ((TcpAddress)served.LocalAddress).Host);
        for (var i = 0; i < Clients; i++)
        {
            _clients.Add(LoopEngines.Connect(served.LocalAddress));
        }
        await LoopEngines.RunAsync(() => _clients.ForEach(LoopEngines.Ping));
        Assert.Equal(Loops, loops.Count);
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public void When_one_of_the_sockets_cannot_be_had_none_is_left()
    {
        var adopted = 0;
        var calls = new InjectedCalls
        {
            OnAdopt = socket =>
            {
                if (adopted++ == 2)
                {
                    socket.Dispose();
                    throw new SocketException((int)SocketError.TooManyOpenSockets);
                }
            },
        };
        var engine = LoopEngines.Make("epoll", calls, loops: Loops);
        var taken = SocketSetup.Listen(AnyPort, backlog: 1, None);
        taken.Close();      // a port that was free just now
        Assert.Throws<SocketException>(() => engine.ListenPerLoop(taken.Local, backlog: 1, None));
        Assert.Equal(3, adopted);
        SocketSetup.Listen(taken.Local, backlog: 1, None).Close();
    }

    [Theory]
    [MemberData(nameof(WithoutSharedLoops), DisableDiscoveryEnumeration = true)]
    public async Task An_engine_without_shared_loops_refuses_and_says_what_to_do(Engine engine)
    {
        var sentence = $"PerLoop is for engines with event loops, and {engine.Name} has none that connections share: " +
            "leave PerLoop off, or choose epoll or select.";
        var listening = await Assert.ThrowsAsync<NotSupportedException>(() => ServeAsync(engine, LoopEngines.EchoAsync));
        Assert.Equal(sentence, listening.Message);
        var byHand = await Assert.ThrowsAsync<NotSupportedException>(
            () => Listener.ListenAsync("127.0.0.1:0", new() { Engine = engine, PerLoop = true }));
        Assert.Equal(sentence, byHand.Message);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_Unix_socket_is_refused_and_leaves_no_file(string name)
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        var error = await Assert.ThrowsAsync<NotSupportedException>(
            () => ServeAsync(LoopEngines.Reuse(name, Loops), LoopEngines.EchoAsync, $"unix:{path}"));
        Assert.StartsWith("PerLoop is for TCP", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    private static void Abort(StreamSocket socket)
    {
        socket.Abort();
        socket.Close();
    }

    private static Task<Served> ServeAsync(Engine engine, ConnectionHandler handler, Address? address = null, bool perLoop = true) =>
        LoopEngines.ServeAsync(engine, handler, address, new() { PerLoop = perLoop, Logger = new OutputLogger() });
}
