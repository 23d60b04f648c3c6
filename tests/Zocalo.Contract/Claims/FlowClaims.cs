namespace Zocalo.Contract.Claims;

/// <summary>What awaits goes on with what it carries, and never on top of somebody else's stack.</summary>
public sealed class FlowClaims
{
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

    [Claim(Needs = Needs.Threads)]
    public async Task A_continuation_that_is_registered_by_hand_has_its_execution_context(Transport transport)
    {
        var local = new AsyncLocal<string?>();
        var seen = new TaskCompletionSource<string?>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var pair = await transport.ConnectAsync();
        var reading = pair.Server.Input.ReadAsync().GetAwaiter();
        await Beside.Run(() =>
        {
            local.Value = "mine";
            reading.OnCompleted(() => seen.SetResult(local.Value));     // await does this by itself; who registers by hand relies on us
        }).InTime();
        await pair.Client.SayAsync("there");
        Assert.Equal("mine", await seen.Task.InTime());
        pair.Server.Input.AdvanceTo(reading.GetResult().Buffer.End);
    }

    [Claim(Needs = Needs.Threads)]
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
            await Beside.Run(() =>
            {
                Volatile.Write(ref caller, Environment.CurrentManagedThreadId);
                wake();
                Volatile.Write(ref caller, 0);
            }).InTime();
            Assert.True(woken.Wait(Patience.Cap));
            Assert.False(inside);
            await Record.ExceptionAsync(() => Beside.Run(() => pair.Server.Input.AdvanceTo(reading.GetResult().Buffer.End)));
        }
    }

    [Claim]
    public async Task A_long_conversation_does_not_deepen_the_stack(Transport transport)
    {
        var rounds = Thorough.Times(20_000);
        await using var pair = await transport.ConnectAsync();
        var answering = AnswerAsync();
        var one = new byte[1];
        for (var round = 0; round < rounds; round++)
        {
            await pair.Client.SendAsync(one).InTime();
            Assert.Equal(1, await pair.Client.ReceiveAsync(one).InTime());
        }
        await pair.Client.CompleteOutputAsync().InTime();
        await answering.InTime();

        async Task AnswerAsync()
        {
            var buffer = new byte[1];
            while (await pair.Server.ReceiveAsync(buffer).InTime() > 0)
            {
                await pair.Server.SendAsync(buffer).InTime();
            }
        }
    }
}
