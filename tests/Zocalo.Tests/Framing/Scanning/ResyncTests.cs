using System.Buffers;

namespace Zocalo.Tests.Framing.Scanning;

public sealed class ResyncTests
{
    private static readonly FrameFormat Tracker = Frames.LengthPrefixed(new LengthField(1) { Offset = 2, Adjustment = 2, BytesToStrip = 0 }, 260)
        .WithChecksum(Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian }, 2, "\r\n"u8)
        .WithResync("xx"u8);

    private static readonly byte[] Login = Convert.FromHexString("78780D01012345678901234500018CDD0D0A");
    private static readonly string Read = Convert.ToHexString(Login[..^4]);

    [Fact]
    public void Good_frames_pass_and_nothing_is_skipped()
    {
        var reading = Reading.AtEverySplit(Tracker, [.. Login, .. Login]);
        Assert.Equal([Read, Read], reading.Frames);
        Assert.Equal((0L, null), (reading.Skipped, reading.Error));
        Assert.Equal(Login, Reading.Encode(Tracker, Login[..^4]));
    }

    [Theory]
    [InlineData("00")]
    [InlineData("79")]
    [InlineData("7800")]
    [InlineData("007800787900")]
    [InlineData("0D0A0D0A")]
    public void Bytes_before_a_frame_are_skipped_and_counted(string garbage)
    {
        var bytes = Convert.FromHexString(garbage);
        var reading = Reading.AtEverySplit(Tracker, [.. bytes, .. Login, .. bytes, .. Login]);
        Assert.Equal([Read, Read], reading.Frames);
        Assert.Equal((2L * bytes.Length, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_frame_with_a_wrong_checksum_is_skipped_whole()
    {
        var broken = Login.ToArray();
        broken[8] ^= 0x40;
        var reading = Reading.AtEverySplit(Tracker, [.. Login, .. broken, .. broken, .. Login]);
        Assert.Equal([Read, Read], reading.Frames);
        Assert.Equal((2L * Login.Length, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_good_frame_inside_what_a_broken_length_claims_is_found()
    {
        byte[] broken = [0x78, 0x78, 40, 1, 2, 3];      // claims 40 bytes: the two frames behind it are in them
        var reading = Reading.AtEverySplit(Tracker, [.. broken, .. Login, .. Login, .. Login]);
        Assert.Equal([Read, Read, Read], reading.Frames);
        Assert.Equal((broken.Length, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_frame_that_is_cut_off_at_the_end_is_truncated() =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Tracker, [.. Login, .. Login[..^1]]).Error, StringComparison.Ordinal);

    [Fact]
    public void Marks_with_escapes_resynchronise()
    {
        var format = Frames.Marked(FrameMarks.Jt808).WithChecksum(Checksum.Xor8).WithResync([0x7E]);
        var good = Reading.Encode(format, [0x30, 0x7E, 0x08, 0x7D, 0x55]);
        byte[] unknownEscape = [0x7E, 1, 0x7D, 9, 1, 0x7E];
        byte[] cutAtItsStart = [5, 6, 0x7E];
        byte[] wrongChecksum = [0x7E, 1, 2, 0x7E];
        var reading = Reading.AtEverySplit(format, [.. good, .. unknownEscape, .. good, .. cutAtItsStart, .. good, .. wrongChecksum, .. good]);
        Assert.Equal(Enumerable.Repeat("307E087D55", 4), reading.Frames);
        // The last mark of each is taken for a start, and proves to be filler.
        Assert.Equal((5L + 2 + 3, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_frame_that_begins_anew_before_it_ended_loses_only_its_first_part()
    {
        var format = Frames.Marked(new FrameMarks((byte)'$', (byte)'\n')).WithResync("$"u8);
        var reading = Reading.AtEverySplit(format, "$GPGGA,1$GPGGA,2\nnoise$GPGGA,3\n"u8.ToArray());
        Assert.Equal([Convert.ToHexString("GPGGA,2"u8), Convert.ToHexString("GPGGA,3"u8)], reading.Frames);
        Assert.Equal((8L + 5, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void A_mark_that_overlaps_itself_is_found_at_every_split()
    {
        var format = Frames.Delimited("!"u8).WithResync("aba"u8);
        var reading = Reading.AtEverySplit(format, "ababx!xabaab!abab!ab!aba!aaba!"u8.ToArray());
        Assert.Equal(["ababx", "abaab", "abab", "aba", "aba"], reading.Frames.Select(hex => System.Text.Encoding.ASCII.GetString(Convert.FromHexString(hex))));
        Assert.Equal((1L + 3 + 1, null), (reading.Skipped, reading.Error));
        Assert.Equal(["616261"], Reading.AtEverySplit(format, "aaba!"u8.ToArray()).Frames);
    }

    [Fact]
    public void A_message_whose_frame_does_not_begin_with_the_mark_cannot_be_sent()
    {
        Reading.Refused(Frames.Lines().WithResync("$"u8), "GPGGA"u8.ToArray());
        Reading.Arrives(Frames.Lines().WithResync("$"u8), "$GPGGA"u8.ToArray());
        Assert.Throws<ArgumentException>("startMark", () => Frames.Lines().WithResync([]));
        Assert.Throws<ArgumentException>("startMark", () => Frames.Lines().WithResync(new byte[256]));
    }

    [Fact]
    public void Writing_allocates_nothing_also_after_a_refusal()
    {
        var format = Frames.Lines().WithResync("$G"u8);
        var into = new ArrayBufferWriter<byte>(64);
        Reading.Refused(format, "$X"u8.ToArray());
        format.Encode("$GPGGA"u8, into);
        into.ResetWrittenCount();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            into.ResetWrittenCount();
            format.Encode("$GPGGA"u8, into);
        }
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 999);
        Assert.Equal("$GPGGA\n"u8.ToArray(), into.WrittenSpan.ToArray());
    }

    [Fact]
    public void Garbage_for_ever_takes_no_memory_and_the_next_frame_is_read()
    {
        var random = new Random(5346);
        var piece = new byte[4096];
        var buffer = new ReadOnlySequence<byte>(piece);
        var reader = new FrameReader(Frames.Marked(FrameMarks.Jt808, 100).WithChecksum(Checksum.Crc32).WithResync([0x7E]));
        var left = 0;
        long fed = 0;
        var before = 0L;
        for (var round = 0; round < 300; round++)
        {
            if (round == 100)
            {
                before = GC.GetAllocatedBytesForCurrentThread();
            }
            random.NextBytes(piece.AsSpan(left));
            fed += piece.Length - left;
            reader.Begin(buffer);
            while (reader.TryRead(out _))
            {
                Assert.Fail("a frame of garbage");
            }
            left = (int)reader.Leftover;
            Assert.InRange(left, 0, 300);
            piece.AsSpan(piece.Length - left).CopyTo(piece);
        }
        // What is allocated are the errors that nobody looks at: no more than a few for each mark.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.InRange(reader.SkippedBytes, fed / 2, fed);
    }
}
