namespace Zocalo.Cli.Tests;

public sealed class ConnectionLinesTests
{
    private const int Most = ConnectionLines.MostPerSecond;

    private readonly ManualClock _clock = new();
    private readonly List<string> _summaries = [];

    [Fact]
    public void A_hundred_a_second_are_told_and_the_rest_is_one_line()
    {
        var lines = Lines();
        Assert.Equal(Most, Enumerable.Range(0, 1_000).Count(_ => lines.Connected()));
        Assert.Equal(Most, Enumerable.Range(0, 500).Count(each => lines.Closed(each % 2 == 0 ? EndReason.PeerFinished : EndReason.Reset)));
        Assert.Empty(_summaries);

        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(
            ["left out, since there were so many: 900 connected, 400 closed (200 PeerFinished, 200 Reset); --json tells all"], _summaries);
        Assert.True(lines.Connected());
        Assert.True(lines.Closed(EndReason.Reset));
    }

    [Fact]
    public void A_hundred_a_second_are_all_told()
    {
        var lines = Lines();
        for (var second = 0; second < 5; second++)
        {
            Assert.Equal(Most, Enumerable.Range(0, Most).Count(_ => lines.Connected() && lines.Closed(EndReason.PeerFinished)));
            _clock.Advance(TimeSpan.FromSeconds(1));
        }
        Assert.Empty(_summaries);
        Assert.False(_clock.HasTimer);
    }

    [Fact]
    public void The_end_does_not_wait_for_the_second()
    {
        var lines = Lines();
        Assert.Equal(Most, Enumerable.Range(0, Most + 1).Count(_ => lines.Closed(EndReason.Aborted)));
        lines.Conclude();
        lines.Conclude();
        _clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(["left out, since there were so many: 1 closed (1 Aborted); --json tells all"], _summaries);
    }

    private ConnectionLines Lines() => new(_clock, _summaries.Add);
}
