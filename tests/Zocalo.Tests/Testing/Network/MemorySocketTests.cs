using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Zocalo.Engines;
using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>What a socket owes to its owner, however it ends.</summary>
public sealed class MemorySocketTests : IDisposable
{
    private const int Window = 1000;
    private const int TooMuch = Window + (2 * Flow.SendCapacity);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly World _world;
    private readonly RecordingOwner _one;
    private readonly RecordingOwner _other;

    public MemorySocketTests()
    {
        var (one, other) = JoinedSockets.Make(Window, out _world);
        (_one, _other) = (new RecordingOwner(one), new RecordingOwner(other));
    }

    public void Dispose() =>
        Assert.False(_one.WasCalledWrongly || _other.WasCalledWrongly, "an owner was called from inside a call, or twice");

    [Fact]
    public void What_can_end_at_once_does()
    {
        Assert.Equal(IoResult.Done(0), _one.Send("hello"u8.ToArray()));
        Assert.Equal("hello"u8.ToArray(), _other.Take(_other.Receive()));
        _one.Finish();
        Assert.Equal(IoResult.Done(0), _other.Receive());
    }

    [Fact]
    public async Task What_becomes_due_while_the_owner_is_being_told_is_told_next()
    {
        var second = new TaskCompletionSource<Task<IoResult>>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(_other.Receive().IsPending);
        var first = _other.WhenReceived();
        _other.OnceReceived = () =>
        {
            _other.Take(first.Wait(Cap) ? first.Result : default);
            second.SetResult(_other.WhenReceived());
            Assert.True(_other.Receive().IsPending);
            _one.Send("second"u8.ToArray());
        };
        _one.Send("first"u8.ToArray());
        Assert.Equal("second"u8.ToArray(), _other.Take(await await second.Task.WaitAsync(Cap)));
    }

    [Fact]
    public async Task An_abort_ends_what_waits_here_and_resets_what_waits_there()
    {
        Assert.True(_one.Send(new byte[TooMuch]).IsPending);
        Assert.True(_one.Receive().IsPending);
        _one.Abort();
        _one.Abort();
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), await _one.WhenReceived());
        Assert.Equal(IoResult.Failed(SocketError.OperationAborted), await _one.WhenSent());
        Assert.Equal(Window, _other.Take(_other.Receive()).Length);
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), _other.Receive());
    }

    [Fact]
    public async Task A_reset_ends_what_waits_at_the_peer()
    {
        Assert.True(_other.Receive().IsPending);
        Assert.True(_other.Send(new byte[TooMuch]).IsPending);
        _one.Abort();
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenReceived());
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenSent());
    }

    [Fact]
    public async Task Closing_with_unread_bytes_fails_the_peers_waiting_send()
    {
        Assert.True(_other.Send(new byte[TooMuch]).IsPending);
        _one.Socket.Close();
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenSent());
    }

    [Fact]
    public void The_connection_is_released_when_both_ends_are_closed()
    {
        _one.Socket.Close();
        Assert.Equal(1, _world.OpenCount);
        _other.Socket.Close();
        _other.Socket.Abort();
        _one.Socket.Abort();
        Assert.Equal(0, _world.OpenCount);
    }

    [Fact]
    public void A_released_connection_is_not_held_by_its_network()
    {
        var socket = MakeAndClose(out var world);
        GC.Collect();
        Assert.False(socket.IsAlive, "the network holds a closed connection");
        GC.KeepAlive(world);
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_does_not_hold_up_its_own_channel()
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _other.Socket.Scheduler.Post(new Work(() =>
        {
            var received = _other.ReceiveAsync();
            _one.Send("x"u8.ToArray());
            done.SetResult(received.Wait(Cap));
        }));
        Assert.True(await done.Task.WaitAsync(2 * Cap));
    }

    [Fact]
    public void Ready_never_runs_inside_the_call()
    {
        using var ran = new ManualResetEventSlim();
        using var returned = new ManualResetEventSlim();
        var inside = true;
        _one.Socket.Scheduler.Post(new Work(() =>
        {
            inside = !returned.Wait(Cap);
            ran.Set();
        }));
        returned.Set();
        Assert.True(ran.Wait(Cap));
        Assert.False(inside);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference MakeAndClose(out World world)
    {
        var (one, other) = JoinedSockets.Make(Window, out world);
        one.TrySend("bytes"u8);
        one.Close();
        other.Close();
        return new WeakReference(one);
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
