using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Serving;

/// <summary>What accept loops owe each other and the stop, over queues that the test fills.</summary>
public sealed class AcceptLoopsTests
{
    private const int Backlog = 3;

    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_stop_takes_from_each_queue_no_more_than_it_can_have_held(bool perLoop)
    {
        var engine = new EndlessEngine();
        var server = await StartAsync(engine, perLoop);
        await server.StopAsync().WaitAsync(Cap);
        // The accept that waited, and what the kernel can have put into the queue before: one more than the backlog.
        Assert.All(engine.Queues, queue => Assert.InRange(queue.Accepted, 1, 1 + Backlog + 1));
        Assert.All(engine.Queues, queue => Assert.True(queue.IsClosed));
        Assert.Equal(perLoop ? 2 : 1, engine.Queues.Count);
    }

    [Fact]
    public async Task A_lack_is_told_once_for_all_queues_and_so_is_its_end()
    {
        var engine = new EndlessEngine(SocketError.TooManyOpenSockets);
        var log = new ListLogger();
        var server = await StartAsync(engine, perLoop: true, log);
        await Task.WhenAll(engine.Queues.Select(queue => queue.IsWaiting)).WaitAsync(Cap);      // both have come through the lack
        foreach (var queue in engine.Queues)
        {
            queue.GiveOne();
        }
        await server.StopAsync().WaitAsync(Cap);
        Assert.Single(log.Lines, line => line.StartsWith("Accepting failed with TooManyOpenSockets", StringComparison.Ordinal));
        Assert.Single(log.Lines, line => line.StartsWith("Accepting goes on", StringComparison.Ordinal));
    }

    private static Task<SocketServer> StartAsync(Engine engine, bool perLoop, ListLogger? log = null) => SocketServer.StartAsync(
        "127.0.0.1:5346",
        (_, _) => Task.CompletedTask,
        new() { Engine = engine, PerLoop = perLoop, Backlog = Backlog, Logger = log ?? new() });

    /// <summary>From the stop on there is always another connection in its queues.</summary>
    private sealed class EndlessEngine(params SocketError[] errors) : Engine("endless")
    {
        internal ConcurrentQueue<EndlessQueue> Queues { get; } = new();

        internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings timeouts) => Make(endPoint);

        internal override ListenerSocket[] ListenPerLoop(EndPoint endPoint, int backlog, SocketSettings timeouts) =>
            [Make(endPoint), Make(endPoint)];

        internal override Task<ConnectResult> ConnectAsync(
            EndPoint endPoint, SocketSettings timeouts, CancellationToken cancellationToken) => throw new NotSupportedException();

        private EndlessQueue Make(EndPoint endPoint)
        {
            var queue = new EndlessQueue(endPoint, errors);
            Queues.Enqueue(queue);
            return queue;
        }
    }

    private sealed class EndlessQueue(EndPoint local, SocketError[] errors) : ListenerSocket
    {
        private readonly ConcurrentQueue<SocketError> _errors = new(errors);
        private readonly SemaphoreSlim _given = new(0);
        private readonly TaskCompletionSource _waiting = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _count;
        private volatile bool _isEndless;

        internal int Accepted => Volatile.Read(ref _count);

        internal bool IsClosed { get; private set; }

        internal Task IsWaiting => _waiting.Task;

        internal override EndPoint LocalEndPoint => local;

        internal override EngineScheduler Scheduler => PoolScheduler.Shared;

        /// <summary>The stop looks here: from then on they come.</summary>
        internal override bool IsConnectionWaiting
        {
            get
            {
                _isEndless = true;
                GiveOne();
                return true;
            }
        }

        internal void GiveOne() => _given.Release();

        internal override async ValueTask<AcceptResult> AcceptAsync()
        {
            if (_errors.TryDequeue(out var error))
            {
                return new(null, error);
            }
            _waiting.TrySetResult();
            if (!_isEndless)
            {
                await _given.WaitAsync();
            }
            Interlocked.Increment(ref _count);
            return new(new ScriptedSocket { OnReceive = static _ => IoResult.Done(0) }, SocketError.Success);
        }

        internal override void Close() => IsClosed = true;
    }
}
