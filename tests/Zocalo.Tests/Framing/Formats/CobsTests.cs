namespace Zocalo.Tests.Framing.Formats;

public sealed class CobsTests
{
    private static readonly FrameFormat Cobs = Frames.Cobs();

    // Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999, and the usual borders of a block.
    [Theory]
    [InlineData("", "0100")]
    [InlineData("00", "010100")]
    [InlineData("0000", "01010100")]
    [InlineData("11220033", "0311220233" + "00")]
    [InlineData("11223344", "051122334400")]
    [InlineData("11000000", "021101010100")]
    public void Blocks_are_stuffed_as_published(string payload, string wire)
    {
        Assert.Equal(wire, Convert.ToHexString(Reading.Encode(Cobs, Convert.FromHexString(payload))));
        Reading.Arrives(Cobs, Convert.FromHexString(payload));
    }

    [Theory]
    [InlineData(253, false)]
    [InlineData(254, false)]
    [InlineData(255, false)]
    [InlineData(254, true)]
    [InlineData(508, false)]
    [InlineData(509, true)]
    public void Blocks_of_254_bytes_arrive(int length, bool withZeroBehind)
    {
        var payload = Enumerable.Range(0, length)
            .Select(i => (byte)((i % 255) + 1))
            .Concat(withZeroBehind ? [0] : Array.Empty<byte>())
            .ToArray();
        var wire = Reading.Encode(Cobs, payload);
        Assert.DoesNotContain((byte)0, wire[..^1]);
        Reading.Arrives(Frames.Cobs(payload.Length), payload);
    }

    [Fact]
    public void The_code_that_a_full_block_at_the_end_does_not_need_is_understood()
    {
        var run = Enumerable.Repeat((byte)7, 254).ToArray();
        byte[] stream = [255, .. run, 0, 255, .. run, 1, 0];
        var reading = Reading.AtEverySplit(Frames.Cobs(254), stream);
        Assert.Equal([Convert.ToHexString(run), Convert.ToHexString(run)], reading.Frames);
        Assert.Equal(stream.Length - 256, Frames.Cobs(254).MaxWireLength);
    }

    [Fact]
    public void Zeros_between_frames_are_filler()
    {
        var reading = Reading.AtEverySplit(Cobs, [0, 0, 2, 7, 0, 0, 0, 1, 0, 0]);
        Assert.Equal(["07", ""], reading.Frames);
        Assert.Equal((0L, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_code_that_points_beyond_the_end_is_corrupt()
    {
        byte[] stream = [2, 9, 0, 2, 7, 5, 1, 1, 0];
        Reading.AtEverySplit(Cobs, stream);
        var failure = Reading.Failure(Cobs, stream);
        Assert.Equal(("Cobs", 5L, (Int128)5), (failure.Format, failure.Offset, failure.Value));
        Assert.StartsWith("ProtocolError", Reading.Of(Cobs, [3, 7, 0]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_longest_payload_passes_and_one_byte_more_is_corrupt()
    {
        var format = Frames.Cobs(4);
        Reading.Arrives(format, [1, 0, 2, 0]);
        Reading.Refused(format, [1, 2, 3, 4, 5]);
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(format, [6, 1, 2, 3, 4, 5]).Error, StringComparison.Ordinal);
        // Where full blocks leave it open, the payload itself is counted.
        byte[] over = [.. Enumerable.Repeat((byte)1, 510), 1, 0];
        Assert.Equal((Int128)510, Reading.Failure(Frames.Cobs(509), over).Value);
    }

    [Fact]
    public void A_cut_frame_is_truncated() =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Cobs, [3, 7, 7]).Error, StringComparison.Ordinal);
}
