using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>Who may call a selector that is kept, and what ends its wait from another thread.</summary>
public class SelectorThreadsTests
{
    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public async Task Wake_ends_one_wait(string way)
    {
        using var selector = Keep(way);
        var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
        await AssertGoesOnAsync(waiting);
        selector.Wake();
        Assert.True((await waiting.WaitAsync(Patience)).IsEmpty);
        waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
        await AssertGoesOnAsync(waiting);
        selector.Wake();
        await waiting.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public async Task Wake_ends_the_next_wait_if_there_is_none_and_many_are_one(string way)
    {
        using var selector = Keep(way);
        for (var i = 0; i < 10_000; i++)
        {
            selector.Wake();
        }
        var next = await OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan)).WaitAsync(Patience);
        Assert.True(next.IsEmpty);
        var before = Unix.ThreadTime();
        Assert.True(selector.Wait(5 * Moment).IsEmpty);
        Assert.InRange(Unix.ThreadTime() - before, TimeSpan.Zero, Moment / 2);      // it waits again, and does not go round in circles
        var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
        await AssertGoesOnAsync(waiting);
        selector.Wake();
        await waiting.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public async Task A_token_ends_the_wait_and_leaves_no_trace(string way)
    {
        using var selector = Keep(way);
        using (var source = new CancellationTokenSource())
        {
            var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan, source.Token));
            await AssertGoesOnAsync(waiting);
            await source.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting.WaitAsync(Patience));
            Assert.ThrowsAny<OperationCanceledException>(() => selector.Wait(TimeSpan.Zero, source.Token));
        }
        var next = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
        await AssertGoesOnAsync(next);
        selector.Wake();
        await next.WaitAsync(Patience);
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public async Task Disposing_ends_the_wait(string way)
    {
        var selector = Keep(way);
        var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
        await AssertGoesOnAsync(waiting);
        selector.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => waiting.WaitAsync(Patience));
        selector.Dispose();
        selector.Wake();
        Assert.Throws<ObjectDisposedException>(() => selector.Add(Selectable.StandardInput, WatchFor.Reading));
        Assert.Throws<ObjectDisposedException>(() => selector.Remove(Selectable.StandardInput));
        Assert.Throws<ObjectDisposedException>(() => selector.Wait(TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public async Task A_second_thread_is_refused(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
            await AssertGoesOnAsync(waiting);
            Assert.Throws<InvalidOperationException>(() => selector.Add(client, WatchFor.Reading));
            Assert.Throws<InvalidOperationException>(() => selector.Modify(client, WatchFor.Reading));
            Assert.Throws<InvalidOperationException>(() => selector.Remove(client));
            Assert.Throws<InvalidOperationException>(() => selector.Wait(TimeSpan.Zero));
            selector.Wake();
            await waiting.WaitAsync(Patience);
            selector.Add(client, WatchFor.Writing);
            Assert.Equal([client], selector.Wait(Patience).Writable);
        }
    }

    [Fact]
    public async Task What_another_thread_closes_is_closed_at_once_with_epoll()
    {
        using var selector = new Selector(SelectorKind.Epoll);
        var (client, server) = Connected();
        using (server)
        {
            selector.Add(client, WatchFor.Reading);
            var waiting = OnAThread(() => selector.Wait(Timeout.InfiniteTimeSpan));
            await AssertGoesOnAsync(waiting);
            client.Dispose();
            Assert.Equal(0, server.Receive(new byte[1]));       // a FIN
            selector.Wake();
            Assert.True((await waiting.WaitAsync(Patience)).IsEmpty);
        }
    }
}
