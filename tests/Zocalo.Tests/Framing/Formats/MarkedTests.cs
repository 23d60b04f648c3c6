namespace Zocalo.Tests.Framing.Formats;

public sealed class MarkedTests
{
    private static readonly FrameFormat Slip = Frames.Slip();
    private static readonly FrameFormat Hdlc = Frames.Marked(FrameMarks.Hdlc);
    private static readonly FrameFormat Jt808 = Frames.Marked(FrameMarks.Jt808);
    private static readonly FrameFormat Text = Frames.Marked(new FrameMarks(2, 3));
    private static readonly FrameFormat Doubled = Frames.Marked(new FrameMarks(2, 3)
    {
        Escape = 0x10,
        EscapeCodes = new Dictionary<byte, byte> { [2] = 0x22, [3] = 0x23, [0x10] = 0x10, [0x11] = 0x31 },
    });

    [Theory]
    [InlineData("41C042DB43", "C041DBDC42DBDD43C0")]
    [InlineData("C0", "C0DBDCC0")]
    [InlineData("DBDC", "C0DBDDDCC0")]
    public void Slip_is_as_in_rfc_1055(string payload, string wire) => ArrivesAs(Slip, payload, wire);

    [Theory]
    [InlineData("FF03C0217E7D", "7EFF03C0217D5E7D5D7E")]
    [InlineData("5E20", "7E5E207E")]
    public void Hdlc_is_as_in_rfc_1662(string payload, string wire) => ArrivesAs(Hdlc, payload, wire);

    // The example of JT/T 808, 4.4.2.
    [Theory]
    [InlineData("307E087D55", "7E307D02087D01557E")]
    public void Jt808_is_as_in_the_standard(string payload, string wire) => ArrivesAs(Jt808, payload, wire);

    [Theory]
    [InlineData("", "0203")]
    [InlineData("0210031141", "02" + "1022" + "1010" + "1023" + "1031" + "41" + "03")]
    public void Other_marks_and_codes_work_alike(string payload, string wire) => ArrivesAs(Doubled, payload, wire);

    [Fact]
    public void Any_byte_may_come_masked()
    {
        // RFC 1662, 4.2: a sender may escape more than it must, such as control bytes.
        var reading = Reading.AtEverySplit(Hdlc, Convert.FromHexString("7E7D317D2041" + "7E"));
        Assert.Equal(["110041"], reading.Frames);
    }

    [Fact]
    public void Marks_between_slip_frames_are_filler_and_the_first_may_be_missing()
    {
        var reading = Reading.AtEverySplit(Slip, Convert.FromHexString("41C0C0C042C043C0C0"));
        Assert.Equal(["41", "42", "43"], reading.Frames);
        Assert.Equal((0L, null), (reading.Skipped, reading.Error));
    }

    [Fact]
    public void Hdlc_frames_may_share_a_flag()
    {
        var reading = Reading.AtEverySplit(Hdlc, Convert.FromHexString("7E417E427E7E7E437E"));
        Assert.Equal(["41", "42", "43"], reading.Frames);
    }

    [Fact]
    public void Only_an_optional_mark_by_itself_is_filler_at_the_end()
    {
        Assert.Null(Reading.AtEverySplit(Slip, [0xC0, 0xC0, 0xC0]).Error);
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Jt808, [0x7E]).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Slip, [0xC0, 0x41]).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Slip, [0x41]).Error, StringComparison.Ordinal);
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Text, [2]).Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("7E417D037E", 3, 0x03)]         // an unknown code
    [InlineData("7E417D7E", 3, 0x7E)]           // a mark behind the escape
    [InlineData("7E417E42", 3, 0x42)]           // no start mark
    [InlineData("00", 0, 0x00)]
    public void What_is_no_frame_is_corrupt_where_it_stands(string stream, int offset, int value)
    {
        var bytes = Convert.FromHexString(stream);
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(Jt808, bytes).Error, StringComparison.Ordinal);
        var failure = Reading.Failure(Jt808, bytes);
        Assert.Equal((Jt808.Name, offset, (Int128)value), (failure.Format, failure.Offset, failure.Value));
    }

    [Fact]
    public void A_start_mark_inside_a_frame_is_corrupt()
    {
        byte[] stream = [2, 0x41, 2, 0x42, 3];
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(Text, stream).Error, StringComparison.Ordinal);
        Assert.Equal(2, Reading.Failure(Text, stream).Offset);
    }

    [Fact]
    public void An_aborted_hdlc_frame_is_corrupt() =>
        Assert.StartsWith("ProtocolError", Reading.AtEverySplit(Hdlc, Convert.FromHexString("7E41427D7E")).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData("C031323334C0", null)]
    [InlineData("31323334C0", null)]
    [InlineData("C0DBDCDBDCDBDDDBDDC0", null)]
    [InlineData("C0313233DBDC", "Truncated")]
    [InlineData("C0313233DB", "Truncated")]
    [InlineData("C03132333435", "ProtocolError")]
    [InlineData("C031323334DB", "ProtocolError")]
    [InlineData("C0DBDCDBDCDBDDDBDD35", "ProtocolError")]
    public void The_limit_counts_the_payload_unescaped(string stream, string? error)
    {
        var reading = Reading.AtEverySplit(Frames.Slip(4), Convert.FromHexString(stream));
        Assert.Equal(error, reading.Error?.Split(' ')[0]);
        Assert.Equal(error is null ? 1 : 0, reading.Frames.Count);
    }

    [Fact]
    public void A_frame_over_the_limit_says_where_and_which_limit()
    {
        var failure = Reading.Failure(Frames.Slip(4), Convert.FromHexString("C041C0C041DBDC424344"));
        Assert.Equal(("Slip", 3L + 6, 4L), (failure.Format, failure.Offset, failure.Limit));
    }

    [Fact]
    public void All_escapes_fit_into_the_announced_length_on_the_wire()
    {
        Reading.Arrives(Frames.Slip(5), [0xC0, 0xDB, 0xC0, 0xDB, 0xC0]);
        Assert.Equal(12, Frames.Slip(5).MaxWireLength);
        Assert.Throws<ArgumentOutOfRangeException>(() => Frames.Slip(FrameFormat.GreatestMaxFrameLength));
        Assert.Throws<ArgumentOutOfRangeException>("maxFrameLength", () => Frames.Slip(0));      // it carries no empty message
    }

    [Theory]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(40)]
    public void Any_number_of_escapes_arrives(int escapes)
    {
        var payload = Enumerable.Range(0, escapes)
            .SelectMany(i => new byte[] { (byte)i, i % 2 == 0 ? (byte)0xC0 : (byte)0xDB })
            .Append((byte)7)
            .ToArray();
        Reading.Arrives(Frames.Slip(payload.Length), payload);
    }

    [Fact]
    public void What_cannot_be_told_cannot_be_sent()
    {
        Reading.Refused(Slip, []);
        Reading.Refused(Text, [0x41, 3]);
        Reading.Refused(Text, [2]);
        Reading.Refused(Frames.Slip(2), [1, 2, 3]);
        Reading.Arrives(Text, []);
        Reading.Arrives(Text, [0x41]);
    }

    [Fact]
    public void Marks_that_contradict_themselves_are_refused()
    {
        Refused(FrameMarks.Hdlc with { Escape = 0x7E });
        Refused(FrameMarks.Hdlc with { Escape = null });
        Refused(FrameMarks.Hdlc with { EscapeMask = null });
        Refused(FrameMarks.Hdlc with { EscapeMask = 0 });
        Refused(FrameMarks.Hdlc with { EscapeMask = 3 });                   // 0x7E becomes 0x7D
        Refused(FrameMarks.Slip with { EscapeMask = 0x20 });                // both kinds
        Refused(Codes((0xC0, 1)));                                          // none for the escape
        Refused(Codes((0xC0, 1), (0xDB, 1)));                               // one code, two meanings
        Refused(Codes((0xC0, 1), (0xDB, 0xC0)));                            // a code that is a mark
        Assert.Throws<ArgumentNullException>(() => Frames.Marked(null!));
    }

    private static FrameMarks Codes(params (byte Value, byte Code)[] codes) =>
        FrameMarks.Slip with { EscapeCodes = codes.ToDictionary(c => c.Value, c => c.Code) };

    private static void Refused(FrameMarks marks) => Assert.Throws<ArgumentException>(nameof(marks), () => Frames.Marked(marks));

    private static void ArrivesAs(FrameFormat format, string payload, string wire)
    {
        var bytes = Convert.FromHexString(payload);
        Assert.Equal(wire, Convert.ToHexString(Reading.Encode(format, bytes)));
        Reading.Arrives(format, bytes);
    }
}
