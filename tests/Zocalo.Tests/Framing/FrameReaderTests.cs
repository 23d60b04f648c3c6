using System.Buffers;
using System.Text;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing;

/// <summary>What a <see cref="FrameReader"/> says about its buffer, and that no kind of buffer makes a difference. Frames of two bytes: a
/// length and a letter.</summary>
public sealed class FrameReaderTests
{
    private static readonly FrameFormat OneByteLengths = Frames.LengthPrefixed(1, maxFrameLength: 10);
    private static readonly byte[] ThreeFrames = [1, 65, 2, 66, 67, 0];

    private readonly FrameReader _reader = new(OneByteLengths);

    [Fact]
    public void Nothing_is_there_before_the_first_buffer()
    {
        Assert.False(_reader.TryRead(out _));
        Assert.Equal((0, 0, 0), (_reader.Offset, _reader.Leftover, _reader.SkippedBytes));
        Assert.False(_reader.TryEnd(out _));
    }

    [Fact]
    public void An_empty_buffer_is_no_frame_and_changes_nothing()
    {
        _reader.Begin(default);
        Assert.False(_reader.TryRead(out _));
        _reader.Begin(new ReadOnlySequence<byte>(ThreeFrames, 0, 1));
        Assert.False(_reader.TryRead(out _));
        _reader.Begin(new ReadOnlySequence<byte>(ThreeFrames, 0, 1));
        Assert.False(_reader.TryRead(out _));
        Assert.Equal((0, 1), (_reader.Offset, _reader.Leftover));
        _reader.Begin(new ReadOnlySequence<byte>(ThreeFrames));
        Assert.Equal(["A", "BC", ""], ReadAll());
    }

    [Fact]
    public void Consumed_Offset_and_Leftover_move_with_each_frame()
    {
        var buffer = new ReadOnlySequence<byte>(ThreeFrames);
        _reader.Begin(buffer);
        foreach (var offset in new[] { 2, 5, 6 })
        {
            Assert.True(_reader.TryRead(out _));
            Assert.Equal((offset, 6 - offset), (_reader.Offset, _reader.Leftover));
            Assert.Equal(buffer.GetPosition(offset), _reader.Consumed);
        }
        Assert.False(_reader.TryEnd(out _));
    }

    [Fact]
    public void A_loop_over_the_reader_gives_the_frames_and_goes_on_after_a_break()
    {
        foreach (var buffer in EveryKindOfBuffer.Of([1, 65, 2, 66, 67, 0, 1, 68, 3, 69]))
        {
            var reader = new FrameReader(OneByteLengths);
            reader.Begin(buffer);
            var frames = new List<string>();
            foreach (var frame in reader)
            {
                frames.Add(Encoding.ASCII.GetString(frame.ToArray()));
                if (frames.Count == 2)
                {
                    break;
                }
            }
            Assert.Equal((5, 5), (reader.Offset, reader.Leftover));
            foreach (var frame in reader)
            {
                frames.Add(Encoding.ASCII.GetString(frame.ToArray()));
            }
            Assert.Equal(["A", "BC", "", "D"], frames);
            Assert.Equal((8, 2), (reader.Offset, reader.Leftover));
            Assert.Equal([3, 69], buffer.Slice(reader.Consumed).ToArray());
        }
    }

    [Fact]
    public void Consumed_cuts_every_kind_of_buffer_at_the_same_byte()
    {
        foreach (var buffer in EveryKindOfBuffer.Of([1, 65, 2, 66, 67, 3, 68]))
        {
            var reader = new FrameReader(OneByteLengths);
            reader.Begin(buffer);
            while (reader.TryRead(out _))
            {
            }
            Assert.Equal([3, 68], buffer.Slice(reader.Consumed).ToArray());
            Assert.Equal((5, 2), (reader.Offset, reader.Leftover));
        }
    }

    [Fact]
    public void Every_kind_of_memory_gives_the_same_frames()
    {
        foreach (var buffer in EveryKindOfBuffer.Of(ThreeFrames))
        {
            var reader = new FrameReader(OneByteLengths);
            reader.Begin(buffer);
            Assert.Equal(["A", "BC", ""], ReadAll(reader));
            Assert.False(reader.TryEnd(out _));
        }
    }

    [Fact]
    public void The_rest_may_come_in_other_memory_than_the_beginning()
    {
        byte[] stream = [1, 65, 5, 66, 67, 68, 69, 70, 0];
        foreach (var first in EveryKindOfBuffer.Of(stream[..4]))
        {
            foreach (var second in EveryKindOfBuffer.Of(stream[2..]))
            {
                var reader = new FrameReader(OneByteLengths);
                reader.Begin(first);
                Assert.Equal(["A"], ReadAll(reader));
                reader.Begin(second);
                Assert.Equal(["BCDEF", ""], ReadAll(reader));
                Assert.Equal((9, 0), (reader.Offset, reader.Leftover));
            }
        }
    }

    [Fact]
    public void Offsets_go_on_behind_two_gigabytes()
    {
        var buffer = new ReadOnlySequence<byte>(new byte[1 << 20]);       // empty frames
        var reader = new FrameReader(Frames.Fixed(1 << 20));
        for (var i = 0; i < 3000; i++)
        {
            reader.Begin(buffer);
            Assert.True(reader.TryRead(out _));
        }
        Assert.Equal(3000L << 20, reader.Offset);
        reader.Begin(new ReadOnlySequence<byte>(new byte[1]));
        var cut = Assert.Throws<FrameException>(() => reader.TryEnd(out _));
        Assert.Equal(3000L << 20, cut.Offset);
    }

    [Fact]
    public void A_corrupt_stream_stays_corrupt_whatever_comes_behind()
    {
        _reader.Begin(new ReadOnlySequence<byte>([1, 65, 11, 0, 1, 66]));
        Assert.Equal(["A"], [.. Take(1)]);
        var failure = Assert.Throws<FrameException>(() => _reader.TryRead(out _));
        Assert.Equal((2, 10, 11), (failure.Offset, failure.Limit, (int?)failure.Value));
        Assert.Equal(EndReason.ProtocolError, failure.Reason);
        Assert.Same(failure, Assert.Throws<FrameException>(() => _reader.TryRead(out _)));
        _reader.Begin(new ReadOnlySequence<byte>(ThreeFrames));
        Assert.Same(failure, Assert.Throws<FrameException>(() => _reader.TryRead(out _)));
        Assert.Same(failure, Assert.Throws<FrameException>(() => _reader.TryEnd(out _)));
    }

    [Fact]
    public void A_cut_frame_is_truncated_and_says_how_much_of_it_came()
    {
        _reader.Begin(new ReadOnlySequence<byte>([1, 65, 9, 1, 2]));
        Assert.Equal(["A"], ReadAll());
        var cut = Assert.Throws<FrameException>(() => _reader.TryEnd(out _));
        Assert.Equal((EndReason.Truncated, 2, 3), (cut.Reason, cut.Offset, (int?)cut.Value));
        Assert.Same(cut, Assert.Throws<FrameException>(() => _reader.TryEnd(out _)));
        Assert.Same(cut, Assert.Throws<FrameException>(() => _reader.TryRead(out _)));
    }

    [Fact]
    public void The_end_gives_frames_that_nobody_had_read_before_it_judges_the_rest()
    {
        _reader.Begin(new ReadOnlySequence<byte>([1, 65, 1, 66, 1]));
        Assert.True(_reader.TryEnd(out var frame));
        Assert.Equal("A", Text(frame));
        Assert.True(_reader.TryEnd(out frame));
        Assert.Equal("B", Text(frame));
        Assert.Throws<FrameException>(() => _reader.TryEnd(out _));
    }

    [Fact]
    public void The_end_ends_one_message_once()
    {
        foreach (var length in new[] { 0, 1, 3 })
        {
            var reader = new FrameReader(Frames.UntilClose(3));
            reader.Begin(new ReadOnlySequence<byte>(new byte[length]));
            Assert.False(reader.TryRead(out _));
            Assert.True(reader.TryEnd(out var frame));
            Assert.Equal(length, frame.Length);
            Assert.False(reader.TryEnd(out _));
            Assert.False(reader.TryEnd(out _));
        }
    }

    [Fact]
    public void A_frame_that_lies_whole_in_one_segment_is_in_one_piece()
    {
        // The header ends one segment, the payload fills the next.
        _reader.Begin(Pieces.Of(new byte[] { 2, 65, 66, 1, 67 }, [1, 3]));
        Assert.True(_reader.TryRead(out var frame));
        Assert.True(frame.IsContiguous);
        Assert.Equal("AB", Text(frame));
        Assert.Equal(["C"], ReadAll());
    }

    [Fact]
    public void No_format_is_an_argument_error() => Assert.Throws<ArgumentNullException>(() => new FrameReader(null!));

    private string[] ReadAll() => ReadAll(_reader);

    private static string[] ReadAll(FrameReader reader)
    {
        var frames = new List<string>();
        while (reader.TryRead(out var frame))
        {
            frames.Add(Text(frame));
        }
        return [.. frames];
    }

    private List<string> Take(int count)
    {
        var frames = new List<string>();
        while (frames.Count < count && _reader.TryRead(out var frame))
        {
            frames.Add(Text(frame));
        }
        return frames;
    }

    private static string Text(in Frame frame) => System.Text.Encoding.ASCII.GetString(frame.ToArray());
}
