using System.Buffers;
using Zocalo.Buffers;

namespace Zocalo.Tests.Buffers;

public sealed class ReceiveBufferTests
{
    private readonly ReceiveBuffer _buffer = new();
    private byte _next;

    [Fact]
    public void An_empty_buffer_holds_no_memory_and_gives_an_empty_sequence()
    {
        Receive(10);
        Consume(10);
        Assert.True(_buffer.Sequence.IsEmpty);
        Assert.Null(_buffer.Sequence.Start.GetObject());
    }

    [Fact]
    public void A_burst_larger_than_a_small_segment_makes_the_next_one_large_and_a_small_burst_makes_it_small_again()
    {
        Receive(SegmentPool.SmallSize);
        Consume(SegmentPool.SmallSize);
        Assert.Equal(SegmentPool.LargeSize, _buffer.Reserve().Length);
        Commit(100);        // the rest of the burst
        Consume(100);
        Assert.Equal(SegmentPool.LargeSize, _buffer.Reserve().Length);
        Commit(100);
        Consume(100);
        Assert.Equal(SegmentPool.SmallSize, _buffer.Reserve().Length);
        _buffer.CancelReserve();
    }

    /// <summary>Of whatever size up to a large segment: one that is a little larger than a small segment too.</summary>
    [Theory]
    [InlineData(64)]
    [InlineData(SegmentPool.SmallSize - 1)]
    [InlineData(SegmentPool.SmallSize + 1)]
    [InlineData(4096)]
    [InlineData(2 * SegmentPool.SmallSize)]
    [InlineData(16 * 1024)]
    [InlineData(SegmentPool.LargeSize - 1)]
    public void A_message_after_others_of_its_size_is_one_receive(int size)
    {
        for (var message = 0; message < 4; message++)
        {
            var (left, receives) = (size, 0);
            while (left > 0)
            {
                _buffer.BeginReceive();
                var count = Math.Min(left, _buffer.Reserve().Length);
                _buffer.Commit(count);
                (left, receives) = (left - count, receives + 1);
            }
            Consume(size);
            Assert.True(message == 0 || receives == 1, $"message {message} of {size} bytes took {receives} receives");
        }
    }

    [Fact]
    public void Memory_of_the_receive_in_flight_survives_an_advance_past_everything()
    {
        Receive(10);
        _buffer.BeginReceive();
        Consume(10);        // before the reservation, or after it: another thread decides
        var reserved = _buffer.Reserve();
        reserved.Span[0] = 42;
        _buffer.Commit(1);
        Assert.Equal(42, _buffer.Sequence.FirstSpan[0]);
    }

    [Fact]
    public void A_receive_that_brings_nothing_leaves_no_memory_behind()
    {
        Receive(10);
        _buffer.BeginReceive();
        Consume(10);
        _buffer.Reserve();
        _buffer.Commit(0);
        Assert.Null(_buffer.Sequence.Start.GetObject());
    }

    [Fact]
    public void Unexamined_bytes_are_told_from_examined_ones()
    {
        Receive(10);
        Assert.True(_buffer.HasUnexamined);
        _buffer.AdvanceTo(_buffer.Sequence.Start, _buffer.Sequence.GetPosition(9));
        Assert.True(_buffer.HasUnexamined);
        _buffer.AdvanceTo(_buffer.Sequence.Start, _buffer.Sequence.End);
        Assert.False(_buffer.HasUnexamined);
        Assert.Equal(10, _buffer.Unconsumed);
    }

    [Fact]
    public void Positions_of_another_read_are_refused()
    {
        Receive(10);
        var stale = _buffer.Sequence.GetPosition(3);
        Consume(5);
        Assert.Throws<ArgumentOutOfRangeException>("consumed", () => _buffer.AdvanceTo(stale, stale));
        var foreign = new ReadOnlySequence<byte>(new byte[20]).GetPosition(7);
        Assert.Throws<ArgumentOutOfRangeException>("consumed", () => _buffer.AdvanceTo(foreign, foreign));
        var sequence = _buffer.Sequence;
        Assert.Throws<ArgumentOutOfRangeException>("examined", () => _buffer.AdvanceTo(sequence.End, sequence.Start));
        Assert.Equal(5, _buffer.Unconsumed);
    }

    [Fact]
    public void Random_receives_and_advances_keep_every_byte_in_order()
    {
        const int seed = 5346;
        var random = new Random(seed);
        byte expected = 0;
        for (var step = 0; step < 20_000; step++)
        {
            if (random.Next(2) == 0 && _buffer.Unconsumed < 300_000)
            {
                var room = _buffer.Reserve();
                Commit(random.Next(5) == 0 ? room.Length : random.Next(room.Length + 1));
                continue;
            }
            var sequence = _buffer.Sequence;
            var length = sequence.Length;
            var check = expected;
            foreach (var value in sequence.ToArray())
            {
                if (check++ != value)
                {
                    Assert.Fail($"A byte is wrong in step {step} of seed {seed}.");
                }
            }
            var consumed = random.NextInt64(length + 1);
            var examined = consumed + random.NextInt64(length - consumed + 1);
            _buffer.AdvanceTo(sequence.GetPosition(consumed), sequence.GetPosition(examined));
            expected += (byte)consumed;
            Assert.Equal(length - consumed, _buffer.Unconsumed);
        }
    }

    private void Receive(int count)
    {
        while (count > 0)
        {
            var some = Math.Min(count, _buffer.Reserve().Length);
            Commit(some);
            count -= some;
        }
    }

    // Fills the reservation that is out.
    private void Commit(int count)
    {
        _buffer.CancelReserve();
        _buffer.BeginReceive();
        foreach (ref var value in _buffer.Reserve().Span[..count])
        {
            value = _next++;
        }
        _buffer.Commit(count);
    }

    private void Consume(int count)
    {
        var position = _buffer.Sequence.GetPosition(count);
        _buffer.AdvanceTo(position, position);
    }
}
