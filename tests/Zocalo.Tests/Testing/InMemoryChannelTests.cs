using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Zocalo.Engines;
using Zocalo.Testing.InMemory;

namespace Zocalo.Tests.Testing;

/// <summary>What a channel owes to its owner, however it ends.</summary>
public sealed class InMemoryChannelTests : IDisposable
{
    private const int Window = 1000;
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly RecordingOwner _one;
    private readonly RecordingOwner _other;
    private int _released;

    public InMemoryChannelTests()
    {
        var (one, other) = InMemoryChannel.Join("127.0.0.1:1", "127.0.0.1:2", Window, Place.Pool, () => _released++);
        (_one, _other) = (new RecordingOwner(one), new RecordingOwner(other));
    }

    public void Dispose() => Assert.False(_one.WasCalledWrongly || _other.WasCalledWrongly, "an owner was called from inside a call, or twice");

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
        Assert.True(_one.Send(new byte[2 * Window]).IsPending);
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
        Assert.True(_other.Send(new byte[2 * Window]).IsPending);
        _one.Abort();
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenReceived());
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenSent());
    }

    [Fact]
    public async Task Closing_with_unread_bytes_fails_the_peers_waiting_send()
    {
        Assert.True(_other.Send(new byte[2 * Window]).IsPending);
        _one.Channel.Close();
        Assert.Equal(IoResult.Failed(SocketError.ConnectionReset), await _other.WhenSent());
    }

    [Fact]
    public void The_stream_is_released_once_when_both_ends_are_closed()
    {
        _one.Channel.Close();
        Assert.Equal(0, _released);
        _other.Channel.Close();
        _other.Channel.Abort();
        _one.Channel.Abort();
        Assert.Equal(1, _released);
    }

    [Fact]
    public void A_closed_end_holds_nothing_of_the_other_and_is_not_held_by_it()
    {
        var (closed, open) = (Half(closes: true), Half(closes: false));
        GC.Collect();
        Assert.False(closed.Other.IsAlive, "a closed channel holds its peer");
        Assert.False(open.Other.IsAlive, "an open channel holds its closed peer");
        GC.KeepAlive((closed.Kept, open.Kept));
    }

    [Fact]
    public async Task A_handler_that_blocks_its_thread_does_not_hold_up_its_own_channel()
    {
        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _other.Channel.Ready(new Work(() =>
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
        _one.Channel.Ready(new Work(() =>
        {
            returned.Wait(Cap);
            ran.Set();
        }));
        returned.Set();
        Assert.True(ran.Wait(Cap));
    }

    /// <summary>One end of a stream of which one end was closed, and what is left of the other when nobody else knows it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static (Channel Kept, WeakReference Other) Half(bool closes)
    {
        var (kept, other) = InMemoryChannel.Join("127.0.0.1:1", "127.0.0.1:2", Window, Place.Pool, () => { });
        (closes ? kept : other).Close();
        return (kept, new WeakReference(other));
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
