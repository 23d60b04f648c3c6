using System.Net;
using System.Net.Sockets;
using Zocalo.Tests.Engines.Loops;
using Zocalo.Tests.Testing.Network;

namespace Zocalo.Tests.Engines;

/// <summary>A receive that is asked to end early has one answer: what lies in the kernel, or nothing; and no byte is lost or told
/// twice.</summary>
public sealed class FinishedReceiveTests : IDisposable
{
    private const int Rounds = 500;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private Socket _peer = null!;
    private RecordingOwner _owner = null!;

    public static bool IsLinux => OperatingSystem.IsLinux();

    public static TheoryData<string> All => ["async", "threads", "select", "epoll"];

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task It_ends_with_nothing_and_the_next_one_gets_what_comes(string name)
    {
        await ConnectAsync(name);
        for (var round = 0; round < 3; round++)
        {
            await EndEarlyAsync(_owner);
            Assert.True(_owner.Receive().IsPending);
            _peer.Send("hello"u8);
            Assert.Equal("hello"u8.ToArray(), _owner.Take(await _owner.WhenReceived()));
        }
        Assert.False(_owner.WasCalledWrongly);
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task Without_a_receive_that_waits_nothing_happens(string name)
    {
        await ConnectAsync(name);
        _owner.FinishReceive();
        _peer.Send("hello"u8);
        Assert.Equal("hello"u8.ToArray(), await ReceiveAsync());
        _owner.FinishReceive();
        _peer.Shutdown(SocketShutdown.Send);
        Assert.Empty(await ReceiveAsync());
        Assert.False(_owner.WasCalledWrongly);
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task After_it_the_end_and_a_reset_are_told_as_ever(string name)
    {
        await ConnectAsync(name);
        await EndEarlyAsync(_owner);
        _peer.Close(timeout: 0);
        Assert.Equal(SocketError.ConnectionReset, (await _owner.AnswerAsync()).Error);
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task A_receive_that_was_aborted_is_not_told_of_a_second_time(string name)
    {
        await ConnectAsync(name);
        await EndEarlyAsync(_owner);
        _owner.Abort();
        Assert.Equal(SocketError.OperationAborted, (await _owner.AnswerAsync()).Error);
        _owner.FinishReceive();
        Assert.False(_owner.WasCalledWrongly);
    }

    [Theory(SkipUnless = nameof(IsLinux), Skip = "Some engines are for Linux")]
    [MemberData(nameof(All))]
    public async Task Racing_with_bytes_it_loses_none_and_every_receive_has_one_answer(string name)
    {
        await ConnectAsync(name);
        var begun = 0;
        var sender = LoopEngines.RunAsync(() =>
        {
            for (var round = 0; round < Rounds; round++)
            {
                Assert.True(SpinWait.SpinUntil(() => Volatile.Read(ref begun) >= round, LoopEngines.Cap));
                Thread.SpinWait(round % 97);
                _peer.Send([(byte)round]);
            }
        });
        var done = false;
        var finisher = LoopEngines.RunAsync(() =>
        {
            while (!Volatile.Read(ref done))
            {
                _owner.Socket.FinishReceive();
                Thread.SpinWait(50);
            }
        });
        var nothing = 0;
        for (var got = 0; got < Rounds;)
        {
            Volatile.Write(ref begun, got);
            var received = await _owner.AnswerAsync();
            if (received.IsNothing)
            {
                nothing++;
                _owner.TakeNothing();
                continue;
            }
            var bytes = _owner.Take(received);
            Assert.Equal(Enumerable.Range(got, bytes.Length).Select(value => (byte)value), bytes);
            got += bytes.Length;
        }
        Volatile.Write(ref done, true);
        await sender;
        await finisher;
        Assert.True(nothing > 0, "no receive ended early, so nothing raced");
        Assert.False(_owner.WasCalledWrongly);
    }

    [Fact]
    public async Task In_a_simulation_bytes_that_were_received_come_before_nothing()
    {
        var (one, other) = JoinedSockets.Make(window: 100);
        var (owner, peer) = (new RecordingOwner(one), new RecordingOwner(other));
        await EndEarlyAsync(owner);
        Assert.True(owner.Receive().IsPending);
        peer.TrySend([1, 2, 3]);
        owner.FinishReceive();
        Assert.Equal([1, 2, 3], owner.Take(await owner.WhenReceived()));
        owner.FinishReceive();
        Assert.True(owner.Receive().IsPending);
        peer.TrySend([4]);
        Assert.Equal([4], owner.Take(await owner.WhenReceived()));
        Assert.False(owner.WasCalledWrongly);
    }

    public void Dispose()
    {
        _owner?.Abort();
        _peer?.Dispose();
        _listener.Dispose();
    }

    private static async Task EndEarlyAsync(RecordingOwner owner)
    {
        Assert.True(owner.Receive().IsPending);
        owner.FinishReceive();
        Assert.True((await owner.WhenReceived()).IsNothing);
        owner.TakeNothing();
    }

    private async Task ConnectAsync(string name)
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        var engine = name == "async" ? Engine.Async : LoopEngines.Make(name);
        var connected = await engine.Run(
            () => engine.ConnectAsync(_listener.LocalEndPoint!, ConnectionOptions.Default.SocketSettings, CancellationToken.None))
            .WaitAsync(LoopEngines.Cap);
        Assert.Equal(SocketError.Success, connected.Error);
        _peer = await _listener.AcceptAsync().WaitAsync(LoopEngines.Cap);
        _owner = new RecordingOwner(connected.Socket!);
    }

    private async Task<byte[]> ReceiveAsync()
    {
        while (true)
        {
            var received = await _owner.AnswerAsync();
            if (!received.IsNothing)        // at a receive that comes meanwhile it may do either
            {
                return _owner.Take(received);
            }
            _owner.TakeNothing();
        }
    }
}
