using System.Net.Sockets;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;
using Zocalo.Tests.Selecting;

namespace Zocalo.Tests.Engines.Polling;

/// <summary>select(2) knows descriptors below 1,024 and, in C, writes beyond its sets for others. Here they are refused, in words, wherever
/// one could come in.</summary>
[CollectionDefinition(nameof(ManyDescriptors), DisableParallelization = true)]
public sealed class ManyDescriptors;

/// <inheritdoc cref="ManyDescriptors"/>
[Collection(nameof(ManyDescriptors))]
public sealed class SelectLimitTests : IDisposable
{
    private const int Size = 1024;

    private readonly List<int> _taken = [];

    public SelectLimitTests() =>
        Assert.SkipUnless(
            LoopEngines.IsLinux && DescriptorLimit.Current > Size + 200, "Needs Linux and a limit on descriptors above 1,224.");

    public void Dispose() => Free();

    [Fact]
    public void A_poller_refuses_a_high_descriptor_and_keeps_its_sets_whole()
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var high = Unix.DuplicateFrom((int)socket.SafeHandle.DangerousGetHandle(), Size);
        _taken.Add(high);
        var poller = new SelectPoller();
        Assert.Equal(Size, poller.DescriptorLimit);
        Assert.Equal(SocketError.TooManyOpenSockets, poller.Register(high, Readiness.Readable));
        Assert.Equal(SocketError.TooManyOpenSockets, poller.Register(int.MaxValue, Readiness.Writable));
        Assert.Throws<ArgumentOutOfRangeException>(() => poller.Modify(high, Readiness.Readable));
        poller.Deregister(high);
        Assert.Equal(0, poller.Wait(0));
        var set = new DescriptorSet();
        set.Add(Size - 1);
        Assert.True(set.Contains(Size - 1));
        Assert.False(set.Contains(high));
        Assert.Throws<ArgumentOutOfRangeException>(() => set.Add(-1));
        poller.Close();
    }

    [Fact]
    public async Task Connecting_and_listening_say_that_the_engine_cannot_and_what_to_do()
    {
        var engine = LoopEngines.Make("select");
        await using var served = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync);
        Take();
        var connecting = await Assert.ThrowsAsync<NetworkException>(
            () => Connector.ConnectAsync(served.LocalAddress, new ConnectOptions { Engine = engine }));
        Assert.Contains("FD_SETSIZE", connecting.Message, StringComparison.Ordinal);
        Assert.Contains("epoll", connecting.Message, StringComparison.Ordinal);
        var listening = await Assert.ThrowsAsync<NetworkException>(
            () => Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine }));
        Assert.Contains("FD_SETSIZE", listening.Message, StringComparison.Ordinal);
        Free();
        var connection = await Connector.ConnectAsync(served.LocalAddress, new ConnectOptions { Engine = engine });
        await connection.SendAsync(new byte[] { 7 });
        Assert.Equal(1, await connection.ReceiveAsync(new byte[1]).AsTask().WaitAsync(LoopEngines.Cap));
        await connection.CloseAsync().WaitAsync(LoopEngines.Cap);
    }

    [Fact]
    public async Task Accepting_by_hand_says_it_too_and_the_listener_goes_on()
    {
        var engine = LoopEngines.Make("select");
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine });
        Take();
        using var refused = LoopEngines.Connect(listener.LocalAddress);
        var accepting = await Assert.ThrowsAsync<NetworkException>(() => listener.AcceptAsync().WaitAsync(LoopEngines.Cap));
        Assert.Equal(SocketError.TooManyOpenSockets, accepting.SocketError);
        Assert.Contains("FD_SETSIZE", accepting.Message, StringComparison.Ordinal);
        Free();
        using var client = LoopEngines.Connect(listener.LocalAddress);
        await using var connection = await listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
        client.Send([1]);
        client.Shutdown(SocketShutdown.Send);       // the connection's end waits for it
        Assert.Equal(1, await connection.ReceiveAsync(new byte[1]).AsTask().WaitAsync(LoopEngines.Cap));
    }

    [Fact]
    public async Task A_server_that_ran_out_of_low_descriptors_serves_again_when_some_are_free()
    {
        var engine = LoopEngines.Make("select");
        await using var served = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync);
        using var before = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(before));
        Take();
        using var refused = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() =>
        {
            Assert.Throws<SocketException>(() =>        // cut, not left waiting for ever
            {
                refused.Send([1]);
                refused.Receive(new byte[1]);
            });
            LoopEngines.Ping(before);
        });
        Free();
        using var after = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(after));
    }

    [Fact]
    public async Task An_engine_that_cannot_begin_yet_says_so_and_begins_when_it_can()
    {
        var engine = LoopEngines.Make("select");
        Take();
        var refused = await Assert.ThrowsAsync<NetworkException>(
            () => Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine }));
        Assert.Contains("FD_SETSIZE", refused.Message, StringComparison.Ordinal);
        Free();
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine });
    }

    [Theory]
    [InlineData("threads")]
    [InlineData("epoll")]
    public async Task An_engine_that_had_no_descriptor_to_begin_with_begins_later(string name)
    {
        var lacking = true;
        var engine = LoopEngines.Make(
            name, around: inner => lacking ? throw new SocketException((int)SocketError.TooManyOpenSockets) : inner);
        var refused = await Assert.ThrowsAsync<NetworkException>(
            () => Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine }));
        Assert.Equal(SocketError.TooManyOpenSockets, refused.SocketError);
        await Assert.ThrowsAsync<NetworkException>(() => Connector.ConnectAsync("127.0.0.1:1", new ConnectOptions { Engine = engine }));
        lacking = false;
        await using var listener = await Listener.ListenAsync("127.0.0.1:0", new ListenOptions { Engine = engine });
    }

    /// <summary>Takes every low descriptor.</summary>
    private void Take()
    {
        // What other tests have left to the collector gives its descriptors back now, not when all are taken.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        int taken;
        do
        {
            taken = Unix.Duplicate(1);
            _taken.Add(taken);
        }
        while (taken < Size);
    }

    private void Free()
    {
        _taken.ForEach(Unix.Close);
        _taken.Clear();
    }
}
