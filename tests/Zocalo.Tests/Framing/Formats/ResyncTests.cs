using System.Buffers;
using System.Text;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Framing.Formats;

public sealed class ResyncTests
{
    private static readonly FrameFormat Tracker = Frames.LengthPrefixed(
        new LengthField(1) { Offset = 2, Adjustment = 2, BytesToStrip = 0 }, 260)
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
        var reading = Reading.AtEverySplit(
            format, [.. good, .. unknownEscape, .. good, .. cutAtItsStart, .. good, .. wrongChecksum, .. good]);
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
        Assert.Equal(
            ["ababx", "abaab", "abab", "aba", "aba"],
            reading.Frames.Select(hex => System.Text.Encoding.ASCII.GetString(Convert.FromHexString(hex))));
        Assert.Equal((1L + 3 + 1, null), (reading.Skipped, reading.Error));
        Assert.Equal(["616261"], Reading.AtEverySplit(format, "aaba!"u8.ToArray()).Frames);
    }

    [Fact]
    public void A_message_that_the_end_ends_is_searched_for_too()
    {
        var plain = Frames.UntilClose(9).WithResync("xx"u8);
        Reading.Refused(plain, []);
        Expect(plain, "", [], 0);
        Expect(plain, "abc", [], 3);
        Expect(plain, "axbxxcd", ["7878" + "6364"], 3);
        Expect(plain, "ax", [], 1, "Truncated");
        Expect(plain, "xx0123456789xx1", ["787831"], 12);       // the first is over the limit

        var format = Frames.UntilClose(20).WithChecksum(Checksum.Sum8).WithResync("xx"u8);
        var good = Encoding.Latin1.GetString(Reading.Encode(format, "xx1"u8.ToArray()));
        Expect(format, "", [], 0);
        Expect(format, good, ["787831"], 0);
        Expect(format, "x" + good, ["787831"], 1);
        Expect(format, "xxaxx" + good, ["787831"], 5);
        Expect(format, "xxa", [], 3);
    }

    [Fact]
    public void A_message_behind_a_tag_is_begun_anew_after_each_error()
    {
        var field = new LengthField(1) { Offset = 1, BytesToStrip = 0 };
        var inner = Frames.Tagged(
            new Dictionary<byte, FrameFormat> { [(byte)'t'] = Frames.LengthPrefixed(field, 9).WithChecksum(Checksum.Sum8) });
        var format = inner.WithResync("t"u8);
        var good = Encoding.Latin1.GetString(Reading.Encode(format, "ta\0b"u8.ToArray()));
        Expect(format, good + "ta\x02" + "00" + good + "ta\xFF" + good, ["7461" + "0262", "7461" + "0262", "7461" + "0262"], 8);
        Expect(format, "t", [], 0, "Truncated");
    }

    [Fact]
    public void Filler_behind_a_tag_does_not_end_its_message()
    {
        var format = Frames.Tagged(new Dictionary<byte, FrameFormat> { [(byte)'t'] = Frames.Slip(9) }).WithResync("t"u8);
        Expect(format, "t\xC0\xC0\xC0" + "a\xC0" + "t\xC0" + "b\xC0", ["7461", "7462"], 0);
        Expect(format, "t\xC0\xC0", [], 0, "Truncated");
    }

    [Fact]
    public void A_netstring_behind_a_broken_one_is_read_at_every_split()
    {
        var format = Frames.Netstrings().WithResync("3:"u8);
        Expect(format, "3:ab;3:abc,13:abc,3:3:d,,", ["616263", "616263", "333A64"], 7);
        Expect(Frames.Netstrings(99).WithResync("1"u8), "12x1:a,", ["61"], 3);
    }

    [Fact]
    public void A_mark_in_what_is_stripped_from_the_header_is_sent()
    {
        var field = new LengthField(1) { Offset = 2 };
        var format = Frames.LengthPrefixed(field).WithChecksum(Checksum.Sum8).WithResync("xx"u8);
        Assert.Equal("787803414283", Convert.ToHexString(Reading.Encode(format, "AB"u8.ToArray())));
        Reading.Arrives(format, "AB"u8.ToArray());
    }

    public static TheoryData<string, FrameFormat, string> Senseless => new()
    {
        { "a length over the limit", Frames.LengthPrefixed(2, maxFrameLength: 100), "0065" },
        { "the first byte of one", Frames.LengthPrefixed(4), "78" },
        { "its lowest bytes", Frames.LengthPrefixed(2, ByteOrder.LittleEndian, 100), "65" },
        { "a first digit over the limit", Frames.DigitsPrefixed(3, 599), "36" },
        { "no digit", Frames.Netstrings(), "30303A" },
        { "an overlong varint", Frames.VarintPrefixed(), "8000" },
        { "longer than every frame", Frames.Fixed(1), "6161" },
        { "behind the frame's end", Frames.Lines(), "610A61" },
        { "an end that is not written", Frames.Lines(), "610D0A" },
        { "filler", Frames.Cobs(), "00" },
        { "a code beyond the limit", Frames.Cobs(60), "0261" + "FE" },
        { "no start mark", Frames.Slip(), "61" },
        { "filler between marks", Frames.Marked(FrameMarks.Hdlc), "7E7E" },
        { "no tag", Frames.Tagged(new Dictionary<byte, int> { [1] = 4 }), "02" },
        { "behind a tag", Frames.Tagged(new Dictionary<byte, FrameFormat> { [1] = Frames.Slip() }), "0161" },
        { "through a checksum", Frames.Slip().WithChecksum(Checksum.Sum8), "61" },
        { "not the other's mark", Frames.Lines().WithResync("$"u8), "24" + "0A" + "24" },
        { "another mark than the other's", Frames.Lines().WithResync("$"u8), "23" },
    };

    [Theory]
    [MemberData(nameof(Senseless), DisableDiscoveryEnumeration = true)]
    public void A_mark_with_which_no_frame_begins_is_refused_when_it_is_composed(string what, FrameFormat format, string mark)
    {
        Assert.NotEmpty(what);
        var refused = Assert.Throws<ArgumentException>("startMark", () => format.WithResync(Convert.FromHexString(mark)));
        Assert.StartsWith($"No frame of {format.Name} begins with 0x{mark}: give the bytes", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_whose_frame_does_not_begin_with_the_mark_cannot_be_sent()
    {
        Reading.Refused(Frames.Lines().WithResync("$"u8), "GPGGA"u8.ToArray());
        Reading.Arrives(Frames.Lines().WithResync("$"u8), "$GPGGA"u8.ToArray());
        Assert.Throws<ArgumentException>("startMark", () => Frames.Lines().WithResync([]));
        Assert.Throws<ArgumentException>("startMark", () => Frames.Lines().WithResync(new byte[256]));
    }

    private static void Expect(FrameFormat format, string stream, string[] frames, long skipped, string? error = null)
    {
        var reading = Reading.AtEverySplit(format, Encoding.Latin1.GetBytes(stream));
        Assert.Equal(frames, reading.Frames);
        Assert.Equal((skipped, error), (reading.Skipped, reading.Error?.Split(' ')[0]));
    }

    [Fact]
    public void Writing_allocates_nothing_also_after_a_refusal()
    {
        var format = Frames.Lines().WithResync("$G"u8);
        var into = new ArrayBufferWriter<byte>(64);
        Reading.Refused(format, "$X"u8.ToArray());
        var allocated = Allocated.Least(() =>
        {
            for (var i = 0; i < 100; i++)
            {
                into.ResetWrittenCount();
                format.Encode("$GPGGA"u8, into);
            }
        });
        Assert.InRange(allocated, 0, 999);
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
        // Only errors that are not used are allocated: a few for each mark.
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 2_000_000);
        Assert.InRange(reader.SkippedBytes, fed / 2, fed);
    }
}
