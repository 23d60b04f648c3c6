namespace Zocalo.Contract.Claims;

/// <summary>What awaits goes on where its caller is at home.</summary>
public sealed class ContinuationClaims
{
    [Claim(Needs = Needs.Threads)]
    public async Task A_read_that_waited_goes_on_in_the_callers_context(Transport transport)
    {
        using var context = new OneThread();
        await using var pair = await transport.ConnectAsync();
        var reading = context.RunAsync(async () =>
        {
            var read = await pair.Server.Input.ReadAsync();
            Assert.True(context.IsHere);
            pair.Server.Input.AdvanceTo(read.Buffer.End);
            await pair.Server.ReceiveAsync(new byte[10]);
            Assert.True(context.IsHere);
        });
        await pair.Client.SayAsync("one");
        await Patience.UntilAsync(() => pair.Server.Received() == 3);
        await pair.Client.SayAsync("two");
        await reading.InTime();
    }

    [Claim(Needs = Needs.Threads)]
    public async Task A_flush_that_waited_goes_on_in_the_callers_context(Transport transport)
    {
        using var context = new OneThread();
        await using var pair = await transport.ConnectAsync();
        var waits = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var sending = context.RunAsync(async () =>
        {
            var stalled = Stall.Send(pair.Client);
            waits.SetResult();
            await stalled;
            Assert.True(context.IsHere);
            await pair.Client.CompleteOutputAsync();
            Assert.True(context.IsHere);
        });
        await waits.Task.InTime();
        await pair.Server.TakeAllAsync();
        await sending.InTime();
    }

    [Claim(Needs = Needs.Threads)]
    public async Task Connecting_accepting_and_closing_go_on_in_the_callers_context(Transport transport)
    {
        using var context = new OneThread();
        await using var site = transport.NewSite();
        await context.RunAsync(async () =>
        {
            var listener = await Listener.ListenAsync(site.NewAddress(), new() { Engine = site.Engine });
            Assert.True(context.IsHere);
            var accepting = listener.AcceptAsync();
            var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = site.Engine });
            Assert.True(context.IsHere);
            var server = await accepting;
            Assert.True(context.IsHere);
            var closing = client.CloseAsync();
            await server.CloseAsync();
            Assert.True(context.IsHere);
            await closing;
            await client.Closed;
            Assert.True(context.IsHere);
            await listener.DisposeAsync();
        }).InTime();
    }

    [Claim(Needs = Needs.Threads)]
    public async Task ConfigureAwait_false_leaves_the_callers_context(Transport transport)
    {
        using var context = new OneThread();
        await using var pair = await transport.ConnectAsync();
        var reading = context.RunAsync(async () =>
        {
            var read = await pair.Server.Input.ReadAsync().ConfigureAwait(false);
            Assert.False(context.IsHere);
            pair.Server.Input.AdvanceTo(read.Buffer.End);
        });
        await context.RunAsync(() => Task.CompletedTask).InTime();     // by now the read waits
        await pair.Client.SayAsync("there");
        await reading.InTime();
    }

    [Claim(Needs = Needs.Threads)]
    public async Task A_read_goes_on_in_the_callers_task_scheduler(Transport transport)
    {
        var scheduler = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        await using var pair = await transport.ConnectAsync();
        var waiting = new TaskCompletionSource();
        var reading = Task.Factory.StartNew(
            async () =>
            {
                var read = pair.Server.Input.ReadAsync();
                waiting.SetResult();
                pair.Server.Input.AdvanceTo((await read).Buffer.End);
                return TaskScheduler.Current;
            },
            CancellationToken.None, TaskCreationOptions.None, scheduler).Unwrap();
        await waiting.Task.InTime();
        await pair.Client.SayAsync("there");
        Assert.Same(scheduler, await reading.InTime());
    }
}
