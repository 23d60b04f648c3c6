using Zocalo.Connections;
using Zocalo.Testing;

namespace Zocalo.Tests.Connections;

public sealed class AcceptPaceTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly FakeTime _time = new();

    [Fact]
    public void A_burst_goes_at_once_and_the_rest_at_the_rate()
    {
        var pace = new AcceptPace(rate: 10, burst: 3, _time);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.True(Wait(pace).IsCompleted));
        var (fourth, fifth) = (Wait(pace), Wait(pace));
        _time.Advance(TimeSpan.FromMilliseconds(99));
        Assert.False(fourth.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True(fourth.Wait(Cap));
        Assert.False(fifth.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(fifth.Wait(Cap));
    }

    [Fact]
    public void After_a_quiet_time_a_burst_goes_at_once_and_no_more_than_that()
    {
        var pace = new AcceptPace(rate: 10, burst: 3, _time);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.All(Enumerable.Range(0, 3), _ => Assert.True(Wait(pace).IsCompleted));
        Assert.False(Wait(pace).IsCompleted);
    }

    [Fact]
    public async Task A_stop_ends_the_wait_without_an_error()
    {
        using var stop = new CancellationTokenSource();
        var pace = new AcceptPace(rate: 1, burst: 1, _time);
        await pace.WaitAsync(stop.Token);
        var waiting = pace.WaitAsync(stop.Token);
        Assert.False(waiting.IsCompleted);
        await stop.CancelAsync();
        await waiting.WaitAsync(Cap);
    }

    private static Task Wait(AcceptPace pace) => pace.WaitAsync(CancellationToken.None);
}
