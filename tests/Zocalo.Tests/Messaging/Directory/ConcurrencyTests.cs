namespace Zocalo.Tests.Messaging.Directory;

public sealed class ConcurrencyTests
{
    [Fact]
    public async Task A_thousand_logins_of_one_key_leave_one_online_and_events_in_turns()
    {
        const int Tasks = 8;
        const int LoginsEach = 125;
        var directory = new PeerDirectory<string>();
        var events = new List<(bool Online, FramedConnection<Frame, Frame> Peer, EndReason? Reason)>();     // no lock: they do not overlap
        var inside = 0;
        var overlaps = 0;
        directory.Online += (_, change) => Note((true, change.Peer, null));
        directory.Offline += (_, change) => Note((false, change.Peer, change.Reason));
        var peers = Enumerable.Range(0, Tasks * LoginsEach).Select(_ => new Login()).ToArray();
        await Task.WhenAll(peers.Chunk(LoginsEach).Select(mine => Task.Run(() =>
        {
            foreach (var login in mine)
            {
                directory.Bind("ana", login.Peer);
            }
        }))).WaitAsync(Login.Cap);

        Assert.Equal(0, overlaps);
        Assert.Equal((2 * peers.Length) - 1, events.Count);
        for (var i = 1; i < events.Count; i += 2)
        {
            Assert.True(events[i - 1].Online && !events[i].Online);
            Assert.Same(events[i - 1].Peer, events[i].Peer);
            Assert.Equal(EndReason.Replaced, events[i].Reason);
        }
        var winner = Assert.Single(directory).Value;
        Assert.Same(events[^1].Peer, winner);
        Assert.False(winner.Closed.IsCompleted);
        foreach (var login in peers.Where(login => login.Peer != winner))
        {
            Assert.Equal(EndReason.Replaced, (await login.Peer.Closed.WaitAsync(Login.Cap)).Reason);
        }
        foreach (var login in peers)
        {
            await login.DisposeAsync();
        }

        void Note((bool, FramedConnection<Frame, Frame>, EndReason?) what)
        {
            overlaps += Interlocked.Increment(ref inside) == 1 ? 0 : 1;
            events.Add(what);
            Thread.Yield();
            Interlocked.Decrement(ref inside);
        }
    }

    [Fact]
    public async Task Readers_go_on_while_a_writer_holds_the_lock()
    {
        using var comparer = new StoppingComparer();
        var directory = new PeerDirectory<string>(comparer);
        var peer = SilentSocket.Connect();
        directory.Bind("ana", peer);
        directory.Group("all").Join("ana");
        var other = SilentSocket.Connect();
        var writing = Task.Factory.StartNew(
            () =>
            {
                comparer.StopThisThread();
                directory.Bind("ana", other);
            },
            default,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);
        Assert.True(comparer.Stopped.Wait(Login.Cap));
        var second = Task.Factory.StartNew(
            () => directory.Unbind("ana", peer), default, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await Task.Run(async () =>
        {
            Assert.True(directory.TryGet("ana", out var found));
            Assert.Same(peer, found);
            Assert.False(directory.TryGet("bob", out _));
            Assert.Equal(1, directory.Count);
            Assert.Equal(["ana"], directory.Keys);
            Assert.Single(directory);
            Assert.Single(directory.Group("all"));
            Assert.Equal(1, directory.Group("all").Count);
            Assert.True(directory.TrySend("ana", new byte[1]));
            Assert.Equal(1, (await directory.BroadcastAsync(new byte[1])).Sent);
            Assert.Equal(1, (await directory.Group("all").BroadcastAsync(new byte[1])).Sent);
        }).WaitAsync(Login.Cap);
        Assert.False(writing.IsCompleted);
        Assert.False(second.IsCompleted);
        comparer.GoOn();
        await Task.WhenAll(writing, second).WaitAsync(Login.Cap);
        Assert.False(await second);
        other.Abort();
    }

    /// <summary>Stops one thread inside the writer's lock, where it compares keys.</summary>
    private sealed class StoppingComparer : IEqualityComparer<string>, IDisposable
    {
        private readonly ManualResetEventSlim _goOn = new();
        private int _thread;

        internal ManualResetEventSlim Stopped { get; } = new();

        internal void StopThisThread() => _thread = Environment.CurrentManagedThreadId;

        internal void GoOn() => _goOn.Set();

        public bool Equals(string? x, string? y)
        {
            if (_thread == Environment.CurrentManagedThreadId)
            {
                Stopped.Set();
                _goOn.Wait(Login.Cap);
            }
            return x == y;
        }

        public int GetHashCode(string key) => string.GetHashCode(key, StringComparison.Ordinal);

        public void Dispose()
        {
            _goOn.Dispose();
            Stopped.Dispose();
        }
    }
}
