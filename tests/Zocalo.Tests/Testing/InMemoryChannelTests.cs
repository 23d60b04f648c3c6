using System.Buffers;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Testing.InMemory;

namespace Zocalo.Tests.Testing;

/// <summary>What a channel owes, and the windows between two of them.</summary>
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
    public async Task A_receive_that_waits_is_told_when_bytes_come_and_when_the_fin_comes()
    {
        Assert.True(_other.Receive().IsPending);
        _one.Send("hello"u8.ToArray());
        Assert.Equal("hello"u8.ToArray(), _other.Take(await _other.WhenReceived()));
        Assert.True(_other.Receive().IsPending);
        _one.Finish();
        Assert.Equal(IoResult.Done(0), await _other.WhenReceived());
    }

    [Fact]
    public async Task A_send_larger_than_the_window_waits_until_the_peer_has_received_enough()
    {
        var bytes = Enumerable.Range(0, (3 * Window) + 1).Select(i => (byte)i).ToArray();
        Assert.True(_one.Send(bytes).IsPending);
        var received = new List<byte>();
        var sent = _one.WhenSent();
        while (received.Count < bytes.Length)
        {
            Assert.Equal(bytes.Length - received.Count, _one.Channel.SendQueueLength);
            Assert.False(sent.IsCompleted && received.Count < bytes.Length - Window, "the send ended before its last byte had room");
            received.AddRange(await _other.ReceiveAsync());
        }
        Assert.Equal(IoResult.Done(0), await sent);
        Assert.Equal(bytes, received);
        Assert.Equal(0, _one.Channel.SendQueueLength);
    }

    [Fact]
    public void TrySend_takes_what_fits()
    {
        Assert.Equal(700, _one.TrySend(new byte[700]));
        Assert.Equal(300, _one.TrySend(new byte[700]));
        Assert.Equal(0, _one.TrySend(new byte[700]));
        Assert.Equal(Window, _one.Channel.SendQueueLength);
        Assert.True(_other.Channel.HasBytesWaiting);
        Assert.Equal(Window, _other.Take(_other.Receive()).Length);
        Assert.Equal(0, _one.Channel.SendQueueLength);
        Assert.False(_other.Channel.HasBytesWaiting);
    }

    [Fact]
    public async Task A_sequence_with_empty_parts_is_sent_whole()
    {
        var first = new Part(default, null);
        var last = new Part(default, new Part("b"u8.ToArray(), new Part(default, new Part(new byte[Window], first))));
        Assert.True(_one.Send(new ReadOnlySequence<byte>(first, 0, last, 0)).IsPending);
        Assert.Equal(Window, (await _other.ReceiveAsync()).Length);
        Assert.Equal(IoResult.Done(0), await _one.WhenSent());
        Assert.Equal("b"u8.ToArray(), await _other.ReceiveAsync());
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

    [Fact]
    public async Task Both_directions_at_once_keep_every_byte_in_order()
    {
        const int Total = 300_000;
        await Task.WhenAll(SendAll(_one), SendAll(_other), ReceiveAll(_one), ReceiveAll(_other)).WaitAsync(Cap);

        static async Task SendAll(RecordingOwner owner)
        {
            var random = new Random(7);
            for (var at = 0; at < Total;)
            {
                var bytes = new byte[Math.Min(Total - at, random.Next(1, 3 * Window))];
                for (var i = 0; i < bytes.Length; i++)
                {
                    bytes[i] = (byte)((at + i) % 251);
                }
                at += bytes.Length;
                Assert.True((owner.Send(bytes) is { IsPending: false } sent ? sent : await owner.WhenSent()).IsDone);
            }
            owner.Finish();
        }

        static async Task ReceiveAll(RecordingOwner owner)
        {
            var at = 0;
            while (await owner.ReceiveAsync() is { Length: > 0 } bytes)
            {
                foreach (var one in bytes)
                {
                    Assert.Equal((byte)(at++ % 251), one);
                }
            }
            Assert.Equal(Total, at);
        }
    }

    private sealed class Part : ReadOnlySequenceSegment<byte>
    {
        internal Part(byte[]? bytes, Part? before)
        {
            Memory = bytes;
            if (before is not null)
            {
                RunningIndex = before.RunningIndex + before.Memory.Length;
                before.Next = this;
            }
        }
    }

    private sealed class Work(Action action) : IThreadPoolWorkItem
    {
        public void Execute() => action();
    }
}
