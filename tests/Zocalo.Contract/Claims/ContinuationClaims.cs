namespace Zocalo.Contract.Claims;

/// <summary>What awaits goes on where it should, with what it carries, and never on top of somebody else's stack.</summary>
public sealed class ContinuationClaims
{
    [Claim]
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

    [Claim]
    public async Task A_flush_that_waited_goes_on_in_the_callers_context(Transport transport)
    {
        using var context = new OneThread();
        await using var pair = await transport.ConnectAsync();
        var sending = context.RunAsync(async () =>
        {
            await Stall.Send(pair.Client);
            Assert.True(context.IsHere);
            await pair.Client.CompleteOutputAsync();
            Assert.True(context.IsHere);
        });
        await pair.Server.TakeAllAsync();
        await sending.InTime();
    }

    [Claim]
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

    [Claim]
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

    [Claim]
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

    [Claim]
    public async Task A_read_can_be_made_a_task_and_awaited_by_many(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.Input.ReadAsync().AsTask();
        var awaiting = Enumerable.Range(0, 10).Select(async _ => (await reading).Buffer.Length).ToArray();
        await pair.Client.SayAsync("12345");
        Assert.All(await Task.WhenAll(awaiting).InTime(), length => Assert.Equal(5, length));
        pair.Server.Input.AdvanceTo(reading.Result.Buffer.End);
    }

    [Claim]
    public async Task An_AsyncLocal_flows_across_waits_and_does_not_leak_to_others(Transport transport)
    {
        var local = new AsyncLocal<string?>();
        await using var pair = await transport.ConnectAsync();
        var server = HearAsync(pair.Server, "server");
        var client = HearAsync(pair.Client, "client");
        Assert.Null(local.Value);
        for (var round = 0; round < 2; round++)
        {
            await pair.Client.SayAsync("a");
            await pair.Server.SayAsync("b");
        }
        await Task.WhenAll(server, client).InTime();
        Assert.Null(local.Value);

        async Task HearAsync(Connection connection, string name)
        {
            local.Value = name;
            await connection.TakeAsync(1);
            Assert.Equal(name, local.Value);
            await connection.TakeAsync(1);
            Assert.Equal(name, local.Value);
        }
    }

    [Claim]
    public async Task A_continuation_does_not_run_inside_the_call_that_wakes_it(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var wakers = new Action[]
        {
            pair.Server.Input.CancelPendingRead,
            () => _ = pair.Client.SendAsync(new byte[1]).AsTask(),
            pair.Server.Abort,
        };
        foreach (var wake in wakers)
        {
            using var woken = new ManualResetEventSlim();
            var caller = 0;
            var inside = false;
            var reading = pair.Server.Input.ReadAsync().ConfigureAwait(false).GetAwaiter();
            reading.UnsafeOnCompleted(() =>
            {
                inside = Environment.CurrentManagedThreadId == Volatile.Read(ref caller);
                woken.Set();
            });
            await Task.Run(() =>
            {
                Volatile.Write(ref caller, Environment.CurrentManagedThreadId);
                wake();
                Volatile.Write(ref caller, 0);
            }).InTime();
            Assert.True(woken.Wait(Patience.Cap));
            Assert.False(inside);
            await Record.ExceptionAsync(() => Task.Run(() => pair.Server.Input.AdvanceTo(reading.GetResult().Buffer.End)));
        }
    }

    [Claim]
    public async Task A_long_conversation_does_not_deepen_the_stack(Transport transport)
    {
        const int Rounds = 20_000;
        await using var pair = await transport.ConnectAsync();
        var answering = AnswerAsync();
        var one = new byte[1];
        for (var round = 0; round < Rounds; round++)
        {
            await pair.Client.SendAsync(one);
            Assert.Equal(1, await pair.Client.ReceiveAsync(one));
        }
        await pair.Client.CompleteOutputAsync();
        await answering.InTime();

        async Task AnswerAsync()
        {
            var buffer = new byte[1];
            while (await pair.Server.ReceiveAsync(buffer) > 0)
            {
                await pair.Server.SendAsync(buffer);
            }
        }
    }
}
