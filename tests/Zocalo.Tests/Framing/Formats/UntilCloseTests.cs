namespace Zocalo.Tests.Framing.Formats;

public sealed class UntilCloseTests
{
    [Theory]
    [InlineData("")]
    [InlineData("61")]
    [InlineData("616263")]
    public void Everything_until_the_end_is_one_message(string stream)
    {
        var bytes = Convert.FromHexString(stream);
        Assert.Equal(bytes, Reading.Encode(Frames.UntilClose(), bytes));
        var reading = Reading.AtEverySplit(Frames.UntilClose(3), bytes);
        Assert.Equal([stream], reading.Frames);
        Assert.Null(reading.Error);
    }

    [Fact]
    public void A_byte_over_the_limit_is_refused_before_the_end()
    {
        var failure = Reading.Failure(Frames.UntilClose(3), [1, 2, 3, 4]);
        Assert.Equal(
            ("UntilClose", 3L, (long?)3, EndReason.ProtocolError), (failure.Format, failure.Offset, failure.Limit, failure.Reason));
        Assert.Equal("UntilClose: the message goes on beyond the limit: at most 3 (at byte 3 of the stream)", failure.Message);
        Reading.AtEverySplit(Frames.UntilClose(3), [1, 2, 3, 4, 5]);
    }

    [Fact]
    public void There_is_room_to_see_what_follows_a_message_of_the_limit() => Assert.Equal(4, Frames.UntilClose(3).MaxWireLength);

    [Fact]
    public void A_message_over_the_limit_cannot_be_sent()
    {
        Reading.Refused(Frames.UntilClose(3), [1, 2, 3, 4]);
        Spread.Refused(Frames.UntilClose(3), [1, 2, 3, 4]);
    }
}
