namespace Zocalo.Tests.Framing.Formats;

public sealed class FixedTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(64)]
    public void Every_message_has_the_same_length(int length)
    {
        var format = Frames.Fixed(length);
        Assert.Equal((length, length, $"Fixed({length})"), (format.MaxFrameLength, format.MaxWireLength, format.Name));
        var payload = new byte[length];
        payload[^1] = 1;
        Assert.Equal(payload, Reading.Encode(format, payload));
        Spread.Arrives(format, payload);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(63)]
    [InlineData(65)]
    public void Another_length_cannot_be_sent(int length)
    {
        Assert.Contains(
            $"64 bytes, not of {length}", Reading.Refused(Frames.Fixed(64), new byte[length]).Message, StringComparison.Ordinal);
        Spread.Refused(Frames.Fixed(64), new byte[length]);
    }

    [Fact]
    public void A_cut_message_is_truncated() =>
        Assert.StartsWith("Truncated", Reading.AtEverySplit(Frames.Fixed(3), [1, 2, 3, 4, 5]).Error, StringComparison.Ordinal);

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(int.MaxValue)]
    public void A_length_that_no_message_has_is_refused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(length), () => Frames.Fixed(length));
}
