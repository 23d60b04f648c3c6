using System.Buffers;
using Zocalo.Engines;
using Zocalo.Testing.Network;

namespace Zocalo.Tests.Testing.Network;

/// <summary>Bytes between two sockets, through a window that is smaller than what is sent.</summary>
public sealed class MemoryTransferTests : IDisposable
{
    private const int Window = 1000;
    private const int Room = Window + Flow.SendCapacity;
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly RecordingOwner _one;
    private readonly RecordingOwner _other;

    public MemoryTransferTests()
    {
        var (one, other) = JoinedSockets.Make(Window);
        (_one, _other) = (new RecordingOwner(one), new RecordingOwner(other));
    }

    public void Dispose() =>
        Assert.False(_one.WasCalledWrongly || _other.WasCalledWrongly, "an owner was called from inside a call, or twice");

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
    public async Task A_send_larger_than_all_room_waits_until_the_peer_has_received_enough()
    {
        var bytes = Enumerable.Range(0, (2 * Room) + 1).Select(i => (byte)(i % 251)).ToArray();
        Assert.True(_one.Send(bytes).IsPending);
        var received = new List<byte>();
        var sent = _one.WhenSent();
        while (received.Count < bytes.Length)
        {
            Assert.InRange(_one.Socket.Unacknowledged, 0, Flow.SendCapacity);
            Assert.InRange(_one.Socket.Sent, received.Count, received.Count + Room);
            Assert.False(sent.IsCompleted && received.Count < bytes.Length - Room, "the send ended before its last byte had room");
            received.AddRange(await _other.ReceiveAsync());
        }
        Assert.Equal(IoResult.Done(0), await sent);
        Assert.Equal(bytes, received);
        Assert.Equal(bytes.Length, _one.Socket.Sent);
        Assert.Equal(0, _one.Socket.Unacknowledged);
    }

    [Fact]
    public void TrySend_takes_what_fits_and_what_has_arrived_is_acknowledged()
    {
        Assert.Equal(700, _one.TrySend(new byte[700]));
        Assert.Equal(0, _one.Socket.Unacknowledged);
        Assert.Equal(Flow.SendCapacity, _one.TrySend(new byte[Room]));
        Assert.Equal(300, _one.TrySend(new byte[Room]));
        Assert.Equal(Flow.SendCapacity, _one.Socket.Unacknowledged);
        Assert.Equal(Window, _other.Take(_other.Receive()).Length);
        Assert.Equal(Flow.SendCapacity - Window, _one.Socket.Unacknowledged);
    }

    [Fact]
    public async Task A_sequence_with_empty_parts_is_sent_whole()
    {
        var first = new Part(default, null);
        var last = new Part(default, new Part("b"u8.ToArray(), new Part(default, new Part(new byte[Room], first))));
        Assert.True(_one.Send(new ReadOnlySequence<byte>(first, 0, last, 0)).IsPending);
        var received = new List<byte>();
        while (received.Count <= Room)
        {
            received.AddRange(await _other.ReceiveAsync());
        }
        Assert.Equal(IoResult.Done(0), await _one.WhenSent());
        Assert.Equal((byte)'b', received[^1]);
        Assert.Equal(Room + 1, received.Count);
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
}
