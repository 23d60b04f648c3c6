using System.Collections.Concurrent;
using System.Net.Sockets;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;
using Zocalo.Tests.Engines.Loops.Takeover;

namespace Zocalo.Tests.Serving;

/// <summary>A server with a queue for each loop: its limit, and a stop that has to empty every queue while clients go on coming.</summary>
public sealed class PerLoopDrainTests
{
    private const int Loops = 4;

    public static TheoryData<string> Shared => LoopEngines.Shared;

    /// <summary>Without a limit the queues are nearly empty at the stop; with one, clients wait in them and in the loops' hands.</summary>
    public static TheoryData<string, int> Limits => new()
    {
        { "select", int.MaxValue },
        { "select", 2 },
        { "epoll", int.MaxValue },
        { "epoll", 2 },
    };

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Limits))]
    public async Task A_stop_in_a_storm_of_clients_loses_nobody_who_had_connected_before(string name, int limit)
    {
        var engine = LoopEngines.Reuse(name, Loops);
        var before = 0;
        for (var round = 0; round < (Thorough.IsOn ? Thorough.Times(400) : 6); round++)
        {
            await using var served = await LoopEngines.ServeAsync(
                engine, LoopEngines.EchoAsync, options: new() { PerLoop = true, MaxConnections = limit });
            var storm = new Storm(served.LocalAddress, clients: 12);
            await LoopEngines.UntilAsync(() => storm.Served >= 24 || storm.HasFailed, $"only {storm.Served} were served");
            storm.NoteStop();
            await served.Server.StopAsync().WaitAsync(LoopEngines.Cap);
            await storm.EndAsync();
            Assert.Empty(storm.Lost);
            Assert.Equal(0, served.Server.AbortedCount);
            before += storm.AmongTheLast;
        }
        Assert.True(before > 0, "no client was connected and not yet served when the stop came");
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task Never_are_more_served_than_the_limit_and_everybody_is_in_the_end(string name)
    {
        const int Limit = 3;
        const int Clients = 100;
        int now = 0, most = 0;
        var exceeded = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(
            LoopEngines.Reuse(name, Loops),
            async (connection, ct) =>
            {
                var served = Interlocked.Increment(ref now);
                InterlockedMax(ref most, served);
                if (served > Limit)
                {
                    exceeded.TrySetResult(served);
                }
                await LoopEngines.EchoAsync(connection, ct);
                Interlocked.Decrement(ref now);
            },
            options: new() { PerLoop = true, MaxConnections = Limit });
        var all = LoopEngines.RunAsync(() => Parallel.For(0, Clients, new() { MaxDegreeOfParallelism = 16 }, _ =>
        {
            using var client = LoopEngines.Connect(served.LocalAddress);
            LoopEngines.Ping(client);
            client.Shutdown(SocketShutdown.Send);
            Assert.Equal(0, client.Receive(new byte[1]));
        }));
        Assert.False(await Task.WhenAny(all, exceeded.Task) == exceeded.Task, $"{most} were served at once");
        await all;
        Assert.InRange(most, 1, Limit);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task The_last_room_is_not_held_by_a_loop_to_whose_queue_nobody_comes(string name)
    {
        await using var served = await LoopEngines.ServeAsync(
            LoopEngines.Reuse(name, Loops), LoopEngines.EchoAsync, options: new() { PerLoop = true, MaxConnections = 1 });
        await LoopEngines.RunAsync(() =>
        {
            for (var i = 0; i < 40; i++)
            {
                using var client = LoopEngines.Connect(served.LocalAddress);
                client.ReceiveTimeout = 30_000;     // before the test's own limit, so that it says who waited
                LoopEngines.Ping(client);
                client.Shutdown(SocketShutdown.Send);
                Assert.Equal(0, client.Receive(new byte[1]));
            }
        });
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task The_queue_of_a_blocked_loop_waits_and_a_stop_serves_it_when_the_loop_comes_back()
    {
        using var obstacle = new Obstacle();
        var begun = 0;
        await using var served = await LoopEngines.ServeAsync(
            LoopEngines.Make("epoll", loops: 2),        // without rescue
            (connection, ct) =>
            {
                if (Interlocked.Increment(ref begun) == 1)
                {
                    obstacle.Meet();
                }
                return LoopEngines.EchoAsync(connection, ct);
            },
            options: new() { PerLoop = true });
        using var first = LoopEngines.Connect(served.LocalAddress);
        first.Send([42]);
        await obstacle.UntilMetAsync(1);
        var clients = new List<Socket>();
        // That all of 40 come to the same queue is as good as impossible: 2 × 0.5^40.
        for (var i = 0; i < 40; i++)
        {
            clients.Add(LoopEngines.Connect(served.LocalAddress));
        }
        clients.ForEach(client => client.Send([42]));
        await LoopEngines.UntilAsync(() => clients.Exists(client => client.Available > 0), "the other loop serves nobody");
        var stopped = served.Server.StopAsync();
        var answered = clients.FindAll(client => client.Available > 0);
        clients.RemoveAll(answered.Contains);
        await LoopEngines.RunAsync(() => answered.ForEach(ReadWhole));
        Assert.Contains(clients, client => client.Available == 0);
        Assert.False(stopped.IsCompleted);
        obstacle.Remove();
        await LoopEngines.RunAsync(() => clients.Append(first).ToList().ForEach(ReadWhole));
        await stopped.WaitAsync(LoopEngines.Cap);
        Assert.Equal(0, served.Server.AbortedCount);
    }

    private static void ReadWhole(Socket client)
    {
        Assert.Equal(42, LoopEngines.Receive(client, 1)[0]);
        client.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, client.Receive(new byte[1]));
        client.Dispose();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = Volatile.Read(ref most); seen < value; seen = Volatile.Read(ref most))
        {
            Interlocked.CompareExchange(ref most, value, seen);
        }
    }

    /// <summary>Clients that come one after the other on some threads: each sends a byte, ends its output, and reads to the end.</summary>
    private sealed class Storm
    {
        private readonly Address _address;
        private readonly Task[] _threads;
        private readonly ConcurrentQueue<string> _lost = new();
        private int _served;
        private int _amongTheLast;
        private volatile bool _stopComes;

        internal Storm(Address address, int clients)
        {
            _address = address;
            _threads = [.. Enumerable.Range(0, clients).Select(_ => LoopEngines.RunAsync(Run))];
        }

        internal int Served => Volatile.Read(ref _served);

        internal int AmongTheLast => Volatile.Read(ref _amongTheLast);

        /// <summary>Clients that had connected before the stop and have not got everything.</summary>
        internal IEnumerable<string> Lost => _lost;

        internal bool HasFailed => !_lost.IsEmpty || Array.Exists(_threads, thread => thread.IsFaulted);

        /// <summary>Who is connected by now must be served.</summary>
        internal void NoteStop() => _stopComes = true;

        internal Task EndAsync() => Task.WhenAll(_threads);

        private void Run()
        {
            while (!_stopComes)
            {
                using var client = Connect();
                if (client is null)
                {
                    return;     // refused: the server has stopped
                }
                var isBefore = false;
                try
                {
                    client.Send([42]);
                    // The system has acknowledged the byte: the connection is in a queue, or out of it. What a client alone believes is
                    // no proof.
                    isBefore = SpinWait.SpinUntil(() => IsAcknowledged(client) || _stopComes, LoopEngines.Cap)
                        && IsAcknowledged(client) && !_stopComes;
                    client.Shutdown(SocketShutdown.Send);
                    Assert.Equal(42, LoopEngines.Receive(client, 1)[0]);
                    Assert.Equal(0, client.Receive(new byte[1]));
                    Interlocked.Increment(ref _served);
                }
                catch (Exception error) when (!isBefore && error is SocketException or Xunit.Sdk.XunitException)
                {
                    // It came too late.
                }
                catch (Exception error)
                {
                    _lost.Enqueue(error.ToString());
                }
                if (isBefore && _stopComes)
                {
                    Interlocked.Increment(ref _amongTheLast);
                }
            }
        }

        private Socket? Connect()
        {
            try
            {
                return LoopEngines.Connect(_address);
            }
            catch (SocketException) when (_stopComes)
            {
                return null;
            }
        }

        private static bool IsAcknowledged(Socket client) =>
            LinuxSocketCalls.Instance.SendQueueLength((int)client.SafeHandle.DangerousGetHandle()) == 0;
    }
}
