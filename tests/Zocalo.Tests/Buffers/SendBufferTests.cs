using System.Buffers;
using Zocalo.Buffers;

namespace Zocalo.Tests.Buffers;

public sealed class SendBufferTests
{
    private SendBuffer _buffer;
    private byte _next;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(65_536)]
    [InlineData(1_000_000)]
    public void Memory_is_at_least_as_large_as_asked(int hint)
    {
        Write(10);
        Assert.True(_buffer.GetMemory(hint).Length >= Math.Max(1, hint));
    }

    [Fact]
    public void Advancing_past_the_memory_given_is_refused_and_changes_nothing()
    {
        var room = _buffer.GetMemory(1).Length;
        Assert.Throws<ArgumentOutOfRangeException>(() => _buffer.Advance(room + 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _buffer.Advance(-1));
        Assert.True(_buffer.IsEmpty);
        _buffer.Advance(room);
        Assert.Throws<ArgumentOutOfRangeException>(() => _buffer.Advance(1));
    }

    [Fact]
    public void Several_advances_for_one_memory_continue_each_other()
    {
        var room = _buffer.GetMemory(3).Span;
        (room[0], room[1], room[2]) = (1, 2, 3);
        _buffer.Advance(1);
        _buffer.Advance(0);
        _buffer.Advance(2);
        _buffer.Flush();
        Assert.Equal([1, 2, 3], Flushed().ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => _buffer.Advance(_buffer.GetMemory(1).Length + 1));
    }

    [Fact]
    public void What_is_not_flushed_is_not_sent()
    {
        Write(100);
        Assert.Equal(0, _buffer.FlushedUnsent);
        Assert.Equal(100, _buffer.Unflushed);
        _buffer.Flush();
        Write(5);
        Assert.Equal(100, Flushed().Length);
        Assert.Equal(5, _buffer.Unflushed);
    }

    [Fact]
    public void Memory_in_the_writers_hands_survives_a_send_that_takes_everything()
    {
        Write(100);
        _buffer.Flush();
        var held = _buffer.GetMemory(1);
        _buffer.Release(100);
        held.Span[0] = 42;
        _buffer.Advance(1);
        _buffer.Flush();
        Assert.Equal(42, Assert.Single(Flushed().ToArray()));
    }

    [Fact]
    public void Bytes_that_went_directly_are_counted_and_what_follows_is_intact()
    {
        _buffer.GetMemory(1);       // taken and never used
        _buffer.CountDirect(1000);
        Assert.Equal(1000, _buffer.Sent);
        Write(10);
        _buffer.Flush();
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], Flushed().ToArray());
    }

    [Fact]
    public void Random_writes_flushes_and_sends_keep_every_byte_in_order()
    {
        const int seed = 5346;
        var random = new Random(seed);
        byte expected = 0;
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 when _buffer.FlushedUnsent < 500_000:
                    Write(random.Next(random.Next(3) == 0 ? 100_000 : 300));
                    break;
                case 1:
                    _buffer.Flush();
                    break;
                case 2:
                    _buffer.GetMemory(random.Next(10_000));
                    break;
                default:
                    var sending = Flushed();
                    Write(random.Next(50));         // while the send is in flight
                    var count = random.NextInt64(sending.Length + 1);
                    foreach (var value in sending.Slice(0, count).ToArray())
                    {
                        if (expected++ != value)
                        {
                            Assert.Fail($"A byte is wrong in step {step} of seed {seed}.");
                        }
                    }
                    _buffer.Release(count);
                    break;
            }
        }
    }

    private ReadOnlySequence<byte> Flushed() => _buffer.FlushedUnsent == 0 ? default : _buffer.First(_buffer.FlushedUnsent);

    private void Write(int count)
    {
        var bytes = new byte[count];
        foreach (ref var value in bytes.AsSpan())
        {
            value = _next++;
        }
        if (count % 2 == 0)
        {
            _buffer.Write(bytes);
            return;
        }
        bytes.CopyTo(_buffer.GetMemory(count));
        _buffer.Advance(count);
    }
}
