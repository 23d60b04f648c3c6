using System.Net.Sockets;
using Zocalo.Engines.Polling;
using Zocalo.Testing;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>
/// One loop, two connections: whatever one of them does, short of blocking the thread, the other is served. No clock but the test's own:
/// what is counted is how much the greedy one may do between two
/// waits of the loop, which is when the other's bytes are noticed.
/// </summary>
public sealed class FairnessTests
{
    private const int Microseconds = 100;       // of each thing that the greedy one does, where the clock goes

    // Between two waits there are 64 callbacks, and as many again after each event: the other's byte, the wake-up, an end.
    private const int MostTurns = 64 * 4;
    private const int CallsOfATurn = 32 + 1;    // and the one by which the loop goes on
    private const int InASlice = 64;            // 500 µs of them, those that are not timed, and a few short callbacks after each event

    /// <summary>Who is greedy, on which engine, and whether what it does takes time.</summary>
    public static TheoryData<string, bool> Cases => new()
    {
        { "select", false },
        { "select", true },
        { "epoll", false },
        { "epoll", true },
    };

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public Task A_handler_that_always_comes_back_at_once_starves_nobody(string name, bool takesTime)
    {
        var greed = new Greed(takesTime, MostTurns);
        return CheckAsync(name, greed, async connection =>
        {
            while (greed.Take())
            {
                await Task.Yield();
            }
        });
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public Task A_peer_that_sends_without_pause_starves_nobody(string name, bool takesTime)
    {
        var greed = new Greed(takesTime, MostTurns * CallsOfATurn);
        greed.Calls.OnReceive = socket => greed.IsOf(socket) && greed.Take() ? InjectedCalls.Full : null;        // there is always more
        return CheckAsync(name, greed, async connection =>
        {
            var bytes = new byte[64 * 1024];
            while (greed.IsOn && await connection.ReceiveAsync(bytes) > 0)
            {
            }
        });
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public Task A_handler_whose_peer_takes_everything_starves_nobody(string name, bool takesTime) =>
        CheckSenderAsync(name, takesTime, static (connection, bytes) => connection.SendAsync(bytes).AsTask());

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public Task A_handler_that_flushes_and_whose_peer_takes_everything_starves_nobody(string name, bool takesTime) =>
        CheckSenderAsync(name, takesTime, static async (connection, bytes) =>
        {
            bytes.CopyTo(connection.Output.GetMemory(bytes.Length));
            connection.Output.Advance(bytes.Length);
            await connection.Output.FlushAsync();
        });

    /// <summary>It goes on as soon as it can, and what it does takes longer than a loop's slice: each time the loop looks first who else is
    /// ready.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [InlineData("select")]
    [InlineData("epoll")]
    public async Task A_connection_holds_up_its_neighbour_for_one_callback_of_its_own(string name)
    {
        var time = new FakeTime();
        var connections = 0;
        var (answered, waited) = (0, new List<int>());
        Socket? neighbour = null;
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, clock: time), async (connection, ct) =>
        {
            var isHot = Interlocked.Increment(ref connections) == 2;
            var bytes = new byte[1];
            while (!isHot && await connection.ReceiveAsync(bytes, ct) > 0)
            {
                answered++;
            }
            for (var round = 0; isHot && round < 20; round++)
            {
                await connection.ReceiveAsync(bytes, ct);
                neighbour!.Send([1]);       // it is ready from now on, while this callback goes on
                var (before, callbacks) = (answered, 0);
                while (answered == before && callbacks < 100)
                {
                    time.Advance(TimeSpan.FromMilliseconds(1));
                    callbacks++;
                    await Task.Yield();
                }
                waited.Add(callbacks);
                await connection.SendAsync(bytes, ct);
            }
            if (isHot)
            {
                done.SetResult();
            }
        });
        using var other = neighbour = LoopEngines.Connect(served.LocalAddress);
        other.Send([1]);
        await LoopEngines.UntilAsync(() => Volatile.Read(ref answered) == 1, "the first connection is not served");
        using var hot = LoopEngines.Connect(served.LocalAddress);
        for (var round = 0; round < 20; round++)
        {
            await LoopEngines.RunAsync(() => LoopEngines.Ping(hot));
        }
        await done.Task.WaitAsync(LoopEngines.Cap);
        Assert.All(waited, callbacks => Assert.Equal(1, callbacks));
    }

    private static Task CheckSenderAsync(string name, bool takesTime, Func<Connection, byte[], Task> send)
    {
        var greed = new Greed(takesTime, MostTurns * CallsOfATurn);
        greed.Calls.OnReceive = socket =>
        {
            greed.IsOf(socket);
            return null;
        };
        // it takes all, at once, always
        greed.Calls.OnSend = socket => greed.IsOf(socket) && greed.Take() ? InjectedCalls.Full : null;
        return CheckAsync(name, greed, async connection =>
        {
            var bytes = new byte[16];
            while (greed.IsOn)
            {
                await send(connection, bytes);
            }
        });
    }

    /// <summary>The first connection's handler echoes, the second's is greedy.</summary>
    private static async Task CheckAsync(string name, Greed greed, Func<Connection, Task> greedy)
    {
        var count = 0;
        var engine = LoopEngines.Make(name, greed.Calls, around: inner => new Looks(inner, greed), clock: greed);
        await using var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
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
        using var client = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() =>
        {
            Assert.True(
                SpinWait.SpinUntil(() => greed.Total >= 10 * InASlice || !greed.IsOn, LoopEngines.Cap),
                $"the greedy one is not: {greed.Total} things done");
            for (var i = 0; i < 5; i++)
            {
                LoopEngines.Ping(other);
            }
        });
        greed.Stop();
        Assert.InRange(greed.MostBetweenLooks, 1, greed.Limit);
    }

    /// <summary>
    /// What the greedy connection has done, the calls by which it does it, and a clock that goes on with each. Beyond the limit it stops,
    /// so that the test fails instead of hanging.
    /// </summary>
    private sealed class Greed(bool takesTime, int limit) : TimeProvider
    {
        private long _now;
        private long _total;
        private int _other = -1;
        private int _sinceLook;
        private int _most;
        private volatile bool _isOver;

        internal InjectedCalls Calls { get; } = new();

        internal int Limit => takesTime ? Math.Min(InASlice, limit) : limit;

        internal bool IsOn => !_isOver;

        internal long Total => Volatile.Read(ref _total);

        internal int MostBetweenLooks => Volatile.Read(ref _most);

        public override long TimestampFrequency => 1_000_000;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        /// <summary>The first socket that receives is the other's.</summary>
        internal bool IsOf(int socket) => Interlocked.CompareExchange(ref _other, socket, -1) is not -1 and var other && other != socket;

        /// <summary>One more, on the loop's thread.</summary>
        /// <returns>False when it is enough.</returns>
        internal bool Take()
        {
            if (_isOver)
            {
                return false;
            }
            _now += takesTime ? Microseconds : 0;
            _total++;
            _most = Math.Max(_most, ++_sinceLook);
            _isOver |= _sinceLook > Limit;
            return !_isOver;
        }

        internal void Stop() => _isOver = true;

        internal void Look() => _sinceLook = 0;
    }

    private sealed class Looks(IPoller inner, Greed greed) : IPoller
    {
        public int DescriptorLimit => inner.DescriptorLimit;

        public SocketError Register(int descriptor, Readiness interest) => inner.Register(descriptor, interest);

        public void Modify(int descriptor, Readiness interest) => inner.Modify(descriptor, interest);

        public void Deregister(int descriptor) => inner.Deregister(descriptor);

        public int Wait(int milliseconds)
        {
            greed.Look();
            return inner.Wait(milliseconds);
        }

        public ReadinessEvent Event(int index) => inner.Event(index);

        public void Wake() => inner.Wake();

        public void Close() => inner.Close();
    }
}
