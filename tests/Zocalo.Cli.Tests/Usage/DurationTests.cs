namespace Zocalo.Cli.Tests;

public sealed class DurationTests
{
    [Theory]
    [InlineData("2s", 2_000)]
    [InlineData("500ms", 500)]
    [InlineData("1m", 60_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("0.25h", 900_000)]
    [InlineData("1ms", 1)]
    [InlineData("5", 5_000)]
    [InlineData("0.5", 500)]
    public void A_number_with_a_unit_is_a_time_and_without_one_seconds(string text, double milliseconds)
    {
        Assert.True(Duration.TryParse(text, out var duration, out _));
        Assert.Equal(milliseconds, duration.TotalMilliseconds);
    }

    [Theory]
    [InlineData("0", "the least is 1ms")]
    [InlineData("2days", "'days' is not a unit")]
    [InlineData("s", "not a time")]
    [InlineData("", "not a time")]
    [InlineData("1,5s", "not a time")]
    [InlineData("2S", "not a time")]
    [InlineData("2s3", "not a time")]
    [InlineData("NaNs", "not a")]
    [InlineData("0s", "the least is 1ms")]
    [InlineData("-5s", "the least is 1ms")]
    [InlineData("0.1ms", "the least is 1ms")]
    [InlineData("9999999h", "the most is 576h")]
    public void Anything_else_is_refused_with_the_way_out(string text, string hint)
    {
        Assert.False(Duration.TryParse(text, out _, out var error));
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, "500 ms")]
    [InlineData(2_000, "2 s")]
    [InlineData(60_000, "60 s")]
    [InlineData(600_000, "10 min")]
    public void A_time_is_shown_with_its_unit(double milliseconds, string text) =>
        Assert.Equal(text, Duration.Format(TimeSpan.FromMilliseconds(milliseconds)));
}
