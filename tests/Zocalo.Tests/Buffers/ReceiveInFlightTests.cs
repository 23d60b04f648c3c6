using System.Buffers;
using Zocalo.Buffers;

namespace Zocalo.Tests.Buffers;

/// <summary>While a receive is in the engine its memory is its own, whatever the reader consumes meanwhile.</summary>
public sealed class ReceiveInFlightTests
{
    private readonly ReceiveBuffer _buffer = new();

    public ReceiveInFlightTests()
    {
        _buffer.BeginReceive();
        _buffer.Reserve().Span[0] = 1;
        _buffer.Commit(1);
    }

    [Fact]
    public void The_segment_that_a_receive_may_write_to_is_lent_to_nobody_else()
    {
        _buffer.BeginReceive();
        var reserved = _buffer.Reserve();
        Consume();      // all there is, and the receive writes behind it
        RentAndOverwrite();
        reserved.Span[0] = 42;
        RentAndOverwrite();
        _buffer.Commit(1);
        Assert.Equal([42], _buffer.Sequence.ToArray());
    }

    [Fact]
    public void The_segment_is_free_again_when_the_receive_has_ended()
    {
        _buffer.BeginReceive();
        _buffer.Reserve();
        Consume();
        _buffer.Commit(0);
        Assert.True(_buffer.Sequence.IsEmpty);
        Assert.Null(_buffer.Sequence.Start.GetObject());
    }

    [Fact]
    public void A_receive_that_is_discarded_keeps_its_segment_until_it_ends()
    {
        _buffer.BeginReceive();
        var reserved = _buffer.Reserve();
        _buffer.DiscardAll();
        RentAndOverwrite();
        reserved.Span[0] = 42;
        RentAndOverwrite();
        _buffer.Commit(1);
        Assert.Equal([42], _buffer.Sequence.ToArray());
    }

    private void Consume() => _buffer.AdvanceTo(_buffer.Sequence.End, _buffer.Sequence.End);

    // What this thread gave back last is what it is lent next.
    private static void RentAndOverwrite()
    {
        var segment = SegmentPool.Rent(SegmentPool.SmallSize);
        segment.Array.AsSpan().Fill(0xFF);
        SegmentPool.Return(segment);
    }
}
