using System.Buffers;
using Zocalo.Tests.Framing.Proof;

namespace Zocalo.Tests.Framing;

/// <summary>A decoder of the user's own: what the reader does with each answer, and that a wrong one ends in an error that names the format
/// and not in a loop without end.</summary>
public sealed class CustomDecoderTests
{
    [Fact]
    public void Filler_is_left_out_and_not_counted_and_skipped_bytes_are()
    {
        var reader = Reader(FrameStep.Filler(2), FrameStep.Skip(3), FrameStep.Frame(4));
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal([5, 6, 7, 8], frame.ToArray());
        Assert.Equal((9, 3), (reader.Offset, reader.SkippedBytes));
    }

    [Fact]
    public void What_is_opened_and_skipped_in_part_is_read_again_behind_that()
    {
        var reader = Reader(new Scripted(opened: FrameStep.Skip(1), atEnd: null, [FrameStep.Sealed(4), FrameStep.Frame(2)]));
        Assert.True(reader.TryRead(out var frame));
        Assert.Equal([1, 2], frame.ToArray());
        Assert.Equal(1, reader.SkippedBytes);
    }

    [Fact]
    public void A_cut_frame_is_truncated_also_behind_what_the_end_made_a_decoder_skip()
    {
        var reader = Reader(
            new Scripted(opened: FrameStep.Skip(1), atEnd: FrameStep.Sealed(10), [FrameStep.Incomplete, FrameStep.Incomplete]));
        Assert.False(reader.TryRead(out _));
        var cut = Assert.ThrowsAny<Exception>(() => { while (reader.TryEnd(out _)) { } });
        Assert.Equal(EndReason.Truncated, Assert.IsType<FrameException>(cut).Reason);
        Assert.Equal(9, (int?)((FrameException)cut).Value);
    }

    public static TheoryData<FrameStep> WithoutProgress =>
        [FrameStep.Filler(0), FrameStep.Skip(0), FrameStep.Skip(-1), FrameStep.Sealed(0), FrameStep.Filler(11), FrameStep.Skip(11)];

    [Theory]
    [MemberData(nameof(WithoutProgress), DisableDiscoveryEnumeration = true)]
    public void An_answer_that_does_not_go_forward_or_goes_too_far_is_an_error_of_the_decoder(FrameStep step)
    {
        var reader = Reader(step);
        var error = Assert.Throws<InvalidOperationException>(() => reader.TryRead(out _));
        Assert.Contains("Scripted", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_end_that_makes_a_frame_of_more_than_came_is_an_error_of_the_decoder()
    {
        var reader = Reader(new Scripted(opened: null, atEnd: FrameStep.Frame(11), [FrameStep.Incomplete]));
        Assert.False(reader.TryRead(out _));
        Assert.Throws<InvalidOperationException>(() => reader.TryEnd(out _));
    }

    /// <summary>Or a frame that dribbles in byte by byte would be looked at again for each of them.</summary>
    [Theory]
    [InlineData(Arrival.OneAfterAnother)]
    [InlineData(Arrival.IntoOneArray)]
    [InlineData(Arrival.IntoSegments)]
    [InlineData(Arrival.CopiedTogether)]
    [InlineData(Arrival.Compacted)]
    public void Every_byte_is_seen_once_however_it_comes(object arrival)
    {
        var decoder = new Counting();
        var stream = new byte[3000];
        Feeding.Read(new ScriptedFormat(decoder), stream, [.. Enumerable.Range(1, stream.Length - 1)], (Arrival)arrival, new Transcript());
        Assert.Equal((stream.Length, stream.Length), (decoder.Bytes, decoder.Calls));
    }

    [Fact]
    public void A_corrupt_answer_without_a_word_is_a_frame_exception_all_the_same()
    {
        var failure = Assert.Throws<FrameException>(() => Reader(FrameStep.Corrupt).TryRead(out _));
        Assert.Equal(("Scripted", 0L), (failure.Format, failure.Offset));
    }

    [Fact]
    public void The_decoder_gives_its_memory_back_when_no_frame_is_left_and_when_the_stream_is_corrupt()
    {
        var decoder = new Scripted(null, null, [FrameStep.Frame(5), FrameStep.Incomplete]);
        var reader = Reader(decoder);
        Assert.True(reader.TryRead(out _));
        Assert.Equal(0, decoder.Releases);
        Assert.False(reader.TryRead(out _));
        Assert.True(decoder.Releases > 0);

        decoder = new Scripted(null, null, [FrameStep.Frame(5), FrameStep.Corrupt]);
        reader = Reader(decoder);
        Assert.True(reader.TryRead(out _));
        Assert.Throws<FrameException>(() => reader.TryRead(out _));
        Assert.True(decoder.Releases > 0);
    }

    private static FrameReader Reader(params FrameStep[] steps) => Reader(new Scripted(null, null, steps));

    private static FrameReader Reader(Scripted decoder)
    {
        var reader = new FrameReader(new ScriptedFormat(decoder));
        reader.Begin(new ReadOnlySequence<byte>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]));
        return reader;
    }

    private sealed class ScriptedFormat(FrameDecoder decoder) : FrameFormat("Scripted", 4000)
    {
        public override long MaxWireLength => 4000;

        public override FrameDecoder CreateDecoder() => decoder;

        public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into) => throw new NotSupportedException();
    }

    private sealed class Counting : FrameDecoder
    {
        public int Bytes { get; private set; }

        public int Calls { get; private set; }

        public override FrameStep Decode(ReadOnlySpan<byte> bytes)
        {
            Bytes += bytes.Length;
            Calls++;
            return FrameStep.Incomplete;
        }
    }

    private sealed class Scripted(FrameStep? opened, FrameStep? atEnd, FrameStep[] steps) : FrameDecoder
    {
        private readonly Queue<FrameStep> _steps = new(steps);
        private FrameStep? _atEnd = atEnd;

        public int Releases { get; private set; }

        public override FrameStep Decode(ReadOnlySpan<byte> bytes) => _steps.Dequeue();

        public override FrameStep Open(in Frame raw, out Frame payload)
        {
            payload = raw;
            return opened ?? FrameStep.Frame(raw.Length);
        }

        public override FrameStep DecodeEnd(int leftover)
        {
            var step = _atEnd ?? FrameStep.Incomplete;
            _atEnd = step.Status == FrameStatus.Sealed ? null : _atEnd;
            return step;
        }

        public override void ReleaseMemory() => Releases++;
    }
}
