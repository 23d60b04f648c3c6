using System.Net.Sockets;
using Zocalo.Contract.Harness;
using Zocalo.Engines.Loops;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Connections;

/// <summary>A listener with a queue for each loop, whose program accepts by hand: it looks like one with one queue.</summary>
public sealed class PerLoopListenerTests : IDisposable
{
    private const int Loops = 3;
    private const int Clients = 40;

    private readonly List<Socket> _clients = [];

    public static TheoryData<string> Shared => LoopEngines.Shared;

    public void Dispose() => _clients.ForEach(client => client.Dispose());

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task Every_client_is_accepted_once_and_no_queue_waits_for_another(string name)
    {
        await using var listener = await ListenAsync(name);
        Connect(listener, Clients);
        var first = new HashSet<Loop>();
        var peers = new HashSet<string>();
        for (var i = 0; i < Clients; i++)
        {
            var connection = await listener.AcceptAsync().InTime();
            Assert.True(peers.Add(connection.RemoteAddress.ToString()));
            if (i < Clients / 3)
            {
                first.Add(((LoopSocket)connection.Core.Socket).Loop);
            }
            connection.Abort();
        }
        Assert.Equal(Loops, first.Count);       // and not one queue after the other
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task An_accept_that_waits_takes_from_whichever_queue_a_client_comes_to(string name)
    {
        await using var listener = await ListenAsync(name);
        var loops = new HashSet<Loop>();
        for (var i = 0; i < Clients; i++)
        {
            var accepting = listener.AcceptAsync();
            Assert.False(accepting.IsCompleted);
            Connect(listener, 1);
            var connection = await accepting.InTime();
            loops.Add(((LoopSocket)connection.Core.Socket).Loop);
            connection.Abort();
        }
        Assert.Equal(Loops, loops.Count);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task What_cancelled_accepts_took_is_the_next_calls(string name)
    {
        await using var listener = await ListenAsync(name);
        await CancelAnAcceptAsync(listener);        // now each queue has one in progress
        Connect(listener, Clients);
        var peers = new HashSet<string>();
        for (var i = 0; i < Clients; i++)
        {
            if (i % 5 == 0)
            {
                using var cancel = new CancellationTokenSource();
                var accepting = listener.AcceptAsync(cancel.Token);
                await cancel.CancelAsync().InTime();
                try
                {
                    Note(await accepting.InTime());
                    continue;
                }
                catch (OperationCanceledException)
                {
                    // It took nothing, or what it took is the next call's.
                }
            }
            Note(await listener.AcceptAsync().InTime());
        }
        Assert.Equal(Clients, peers.Count);

        void Note(Connection connection)
        {
            Assert.True(peers.Add(connection.RemoteAddress.ToString()));
            connection.Abort();
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Shared))]
    public async Task The_disposal_ends_the_wait_and_cuts_what_nobody_asked_for_any_more(string name)
    {
        var listener = await ListenAsync(name);
        var accepting = listener.AcceptAsync();
        Connect(listener, Clients);
        (await accepting.InTime()).Abort();
        var waiting = await ListenAsync(name);
        var accept = waiting.AcceptAsync();
        await waiting.DisposeAsync().InTime();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accept.InTime());
        await listener.DisposeAsync().InTime();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().InTime());
        // Those in the queues and those that an accept had taken for the next call: all see a reset, none hangs.
        await LoopEngines.RunAsync(() => _clients.ForEach(client =>
        {
            var error = Assert.Throws<SocketException>(() => client.Receive(new byte[1]));
            Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
        }));
    }

    private static Task<Listener> ListenAsync(string name) => Listener.ListenAsync(
        "127.0.0.1:0", new() { Engine = LoopEngines.Reuse(name, Loops), PerLoop = true }).InTime();

    private static async Task CancelAnAcceptAsync(Listener listener)
    {
        using var cancel = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(cancel.Token);
        await cancel.CancelAsync().InTime();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.InTime());
    }

    private void Connect(Listener listener, int count)
    {
        for (var i = 0; i < count; i++)
        {
            _clients.Add(LoopEngines.Connect(listener.LocalAddress));
        }
    }
}
