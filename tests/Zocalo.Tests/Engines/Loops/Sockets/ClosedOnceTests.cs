using System.Collections.Concurrent;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops.Sockets;

/// <summary>A descriptor is closed exactly once, whatever overtakes what: a second close would hit the socket that got the number
/// meanwhile. Private loops end with their connection.</summary>
public sealed class ClosedOnceTests
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly InjectedCalls _calls = new();
    private readonly ConcurrentDictionary<IPoller, bool> _open = new();
    private int _closedTwice;

    public static TheoryData<string> All => LoopEngines.All;

    public static TheoryData<string> Shared => LoopEngines.Shared;

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_listener_that_is_closed_before_the_loop_saw_its_accept_is_closed_once(string name)
    {
        var engine = Make(name);
        var users = engine.FirstLoop.Users;
        for (var i = 0; i < 20; i++)
        {
            var listener = await Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine });
            using var go = new ManualResetEventSlim();
            engine.FirstLoop.Scheduler.Post(_ => go.Wait(), null);        // the loop is busy: it sees both at once
            var accepting = listener.AcceptAsync();
            await listener.DisposeAsync();
            go.Set();
            await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Cap));
        }
        await CheckAsync(engine, 20, users);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task A_connect_that_is_given_up_before_the_loop_saw_it_is_closed_once(string name)
    {
        var engine = Make(name);
        var users = engine.FirstLoop.Users;
        _calls.OnConnect = static _ => IoResult.Pending;        // for ever
        for (var i = 0; i < 20; i++)
        {
            using var cancel = new CancellationTokenSource();
            using var go = new ManualResetEventSlim();
            engine.FirstLoop.Scheduler.Post(_ => go.Wait(), null);
            var connecting = Connector.ConnectAsync("127.0.0.1:9", new ConnectOptions { Engine = engine }, cancel.Token);
            await cancel.CancelAsync();
            go.Set();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.WaitAsync(Cap));
        }
        await CheckAsync(engine, 20, users);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task Connections_that_end_in_every_way_at_once_are_closed_once(string name)
    {
        var engine = Make(name);
        var users = engine.FirstLoop.Users;
        await using (var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            await connection.ReceiveAsync(new byte[1], ct);
            if (connection.Id % 2 == 0)
            {
                connection.Abort();
            }
        }))
        {
            await Task.WhenAll(Enumerable.Range(0, 40).Select(async i =>
            {
                var connection = await Connector.ConnectAsync(served.LocalAddress, new ConnectOptions { Engine = engine });
                _ = connection.SendAsync(new byte[] { 1 }).AsTask().ContinueWith(static sent => sent.Exception, TaskScheduler.Default);
                var aborting = i % 3 == 0 ? Task.Run(connection.Abort) : Task.CompletedTask;
                await Task.WhenAll(connection.CloseAsync(), aborting);
            })).WaitAsync(Cap);
        }
        await CheckAsync(engine, 81, users);
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_private_loop_ends_with_its_connection_and_what_its_handler_does_afterwards_runs_on_the_pool()
    {
        var engine = Make("threads");
        var afterwards = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        var goOn = new TaskCompletionSource();
        Loop? loop = null;
        await using (var served = await LoopEngines.ServeAsync(engine, async (connection, ct) =>
        {
            loop = LoopOwnership.Current!.Loop;
            await connection.ReceiveAsync(new byte[1], ct);
            connection.Abort();
            await goOn.Task;
            afterwards.SetResult(Thread.CurrentThread.IsThreadPoolThread);
        }))
        {
            using var client = LoopEngines.Connect(served.LocalAddress);
            client.Send([1]);
            // the engine's own, and the one that waits for the next client
            Assert.True(SpinWait.SpinUntil(() => loop is { Users: 0 } && _open.Count <= 2, Cap), "the loop did not end");
            goOn.SetResult();
            Assert.True(await afterwards.Task.WaitAsync(Cap));
        }
        await CheckAsync(engine, 2, 0);
    }

    /// <summary>Its number is not another's before the events of the batch are over: one of them may be its own, and late.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_socket_that_ends_stays_open_until_the_batch_is_over(string name)
    {
        var loop = Make(name).FirstLoop;
        var socket = _calls.Adopt(new(SocketType.Stream, ProtocolType.Tcp));
        var ending = new Ending(loop, socket, _calls);
        loop.Post(new WorkItem(ending));
        await LoopEngines.UntilAsync(() => _calls.Closed.Contains(socket), "it is never closed");
        Assert.Equal((true, false), (ending.HasRun, ending.WasClosedAtOnce));
    }

    private LoopEngine Make(string name) => LoopEngines.Make(name, _calls, around: inner => new Counted(inner, this));

    private async Task CheckAsync(LoopEngine engine, int closed, int users)
    {
        var own = engine is ThreadsEngine ? 1 : _open.Count;
        Assert.True(
            await Task.Run(() => SpinWait.SpinUntil(
                () => _calls.Closed.Count >= closed && engine.FirstLoop.Users == users && _open.Count == own, Cap)),
            $"{_calls.Closed.Count} sockets closed, {engine.FirstLoop.Users} users left, {_open.Count} pollers open");
        using var turned = new ManualResetEventSlim();
        engine.FirstLoop.Scheduler.Post(_ => turned.Set(), null);
        Assert.True(turned.Wait(Cap));
        Assert.Equal(closed, _calls.Closed.Count);
        Assert.Equal(users, engine.FirstLoop.Users);
        Assert.Equal(0, _closedTwice);
    }

    private sealed class Ending(Loop loop, int socket, InjectedCalls calls) : ILoopWork
    {
        internal bool HasRun { get; private set; }

        internal bool WasClosedAtOnce { get; private set; }

        void ILoopWork.RunOnLoop()
        {
            loop.CloseAfterBatch(socket);
            (HasRun, WasClosedAtOnce) = (true, calls.Closed.Contains(socket));
        }
    }

    /// <summary>Notes which pollers are open.</summary>
    private sealed class Counted : IPoller
    {
        private readonly IPoller _inner;
        private readonly ClosedOnceTests _tests;

        internal Counted(IPoller inner, ClosedOnceTests tests)
        {
            (_inner, _tests) = (inner, tests);
            tests._open[this] = true;
        }

        public int DescriptorLimit => _inner.DescriptorLimit;

        public SocketError Register(int descriptor, Readiness interest) =>
            _inner.Register(descriptor, interest);

        public void Modify(int descriptor, Readiness interest) => _inner.Modify(descriptor, interest);

        public void Deregister(int descriptor) => _inner.Deregister(descriptor);

        public int Wait(int milliseconds) => _inner.Wait(milliseconds);

        public ReadinessEvent Event(int index) => _inner.Event(index);

        public void Wake() => _inner.Wake();

        public void Close()
        {
            if (!_tests._open.TryRemove(this, out _))
            {
                Interlocked.Increment(ref _tests._closedTwice);
            }
            _inner.Close();
        }
    }
}
