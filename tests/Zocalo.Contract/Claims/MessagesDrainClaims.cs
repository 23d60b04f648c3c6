namespace Zocalo.Contract.Claims;

/// <summary>A server that stops reads on to the end of the message that has begun, and no further; on a clock of the test's.</summary>
public sealed class MessagesDrainClaims
{
    [Claim]
    public async Task A_message_that_has_begun_is_served_before_the_end_at_every_byte(Transport transport)
    {
        var wire = Messages.Wire("begun");
        for (var cut = 1; cut < wire.Length; cut++)
        {
            await using var served = await ServedAsync(transport);
            await served.Client.SendAsync(wire.AsMemory(0, cut)).InTime();
            await served.Site.DeliveredAsync(served.Client, served.Client.Sent());
            var stopping = served.Server.StopAsync();
            for (var at = cut; at < wire.Length; at++)
            {
                Assert.False(stopping.IsCompleted);
                await served.Client.SendAsync(wire.AsMemory(at, 1)).InTime();
            }
            await served.Client.SendAsync(Messages.Wire("too late, or not")).InTime();
            var heard = await served.Client.TakeAllAsync();
            Assert.Equal(wire, heard[..wire.Length]);
            Assert.Contains(heard.Length - wire.Length, new[] { 0, Messages.Wire("too late, or not").Length });
            await served.EndsAsync(stopping, EndReason.Drained);
        }
    }

    [Claim]
    public async Task A_message_that_has_begun_and_is_cut_off_is_a_truncation(Transport transport)
    {
        await using var served = await ServedAsync(transport);
        await served.Client.SendAsync(Messages.Wire("begun").AsMemory(0, 5)).InTime();
        await served.Site.DeliveredAsync(served.Client, served.Client.Sent());
        var stopping = served.Server.StopAsync();
        await served.Client.CompleteOutputAsync().InTime();
        await served.Client.TakeAllAsync();
        await served.EndsAsync(stopping, EndReason.Truncated);
    }

    [Claim(Races = true)]
    public async Task Messages_that_arrived_before_the_stop_are_served_200_times(Transport transport)
    {
        var wire = Messages.Wire("one", "", "two", "three");
        for (var time = 0; time < transport.Times(Thorough.Times(200)); time++)
        {
            await using var served = await ServedAsync(transport);
            await served.Client.SendAsync(wire).InTime();
            await served.Site.DeliveredAsync(served.Client, served.Client.Sent());
            var stopping = served.Server.StopAsync();
            Assert.Equal(wire, await served.Client.TakeAllAsync());
            await served.EndsAsync(stopping, EndReason.Drained);
        }
    }

    [Claim]
    public async Task Idle_connections_end_at_once(Transport transport)
    {
        foreach (var protocol in new[] { Protocol.Of(Messages.Format), Protocol.Of(Messages.Format).WithRepliesInOrder(static _ => false) })
        {
            await using var served = await ServedAsync(transport, protocol);
            var stopping = served.Server.StopAsync();
            Assert.Empty(await served.Client.TakeAllAsync());
            await served.EndsAsync(stopping, EndReason.Drained);
        }
    }

    [Claim]
    public async Task A_peer_that_never_stops_is_stopped_between_two_messages(Transport transport)
    {
        foreach (var protocol in new[] { Protocol.Of(Messages.Format), Protocol.Of(Messages.Format).WithRepliesInOrder(static _ => false) })
        {
            await using var served = await ServedAsync(transport, protocol, echo: false);
            using var enough = new CancellationTokenSource();
            var sending = Beside.Run(async () =>
            {
                var wire = Messages.Wire(Chance.Bytes(10_007));
                for (var i = 0; !enough.IsCancellationRequested; i++)
                {
                    var cut = i % wire.Length;      // never between two messages
                    await served.Client.SendAsync(wire.AsMemory(0, cut)).InTime();
                    await served.Client.SendAsync(wire.AsMemory(cut)).InTime();
                }
            });
            await Patience.UntilAsync(() => Volatile.Read(ref served.Heard) > 10);
            var stopping = served.Server.StopAsync();
            Assert.Empty(await served.Client.TakeAllAsync());      // the server has finished, though we have not
            await enough.FireAsync();
            await sending.InTime();
            await served.EndsAsync(stopping, EndReason.Drained);
        }
    }

    [Claim(Races = true)]
    public async Task What_came_in_the_backlog_is_served_100_times(Transport transport)
    {
        var wire = Messages.Wire("one", "two");
        for (var time = 0; time < transport.Times(Thorough.Times(100)); time++)
        {
            await using var site = transport.NewSite();
            var server = await site.ServeAsync(
                async (connection, ct) =>
                {
                    var peer = connection.AsMessages();
                    await foreach (var frame in peer.ReadAllAsync(ct))
                    {
                        await peer.SendAsync(frame, ct);
                    }
                },
                DrainClaims.Frozen);
            var client = await site.ConnectAsync(server);
            await client.SendAsync(wire).InTime();
            await site.DeliveredAsync(client, wire.Length);
            var stopping = server.StopAsync();      // accepted or not
            Assert.Equal(wire, await client.TakeAllAsync());
            await client.CloseAsync().InTime();
            await stopping.InTime();
        }
    }

    [Claim]
    public async Task A_handler_at_work_finishes_and_what_came_meanwhile_is_served(Transport transport)
    {
        string[] more = [.. Enumerable.Range(0, 300).Select(i => $"meanwhile {i}")];        // more than an inbox holds
        foreach (var protocol in new[] { Protocol.Of(Messages.Format), Protocol.Of(Messages.Format).WithRepliesInOrder(static _ => false) })
        {
            var go = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var served = await ServedAsync(transport, protocol, before: text => text == "slow" ? go.Task : Task.CompletedTask);
            await served.Client.SendAsync(Messages.Wire("slow")).InTime();
            await Patience.UntilAsync(() => Volatile.Read(ref served.Heard) == 1);
            await served.Client.SendAsync(Messages.Wire(more)).InTime();
            await served.Site.DeliveredAsync(served.Client, served.Client.Sent());
            var stopping = served.Server.StopAsync();
            go.SetResult();
            Assert.Equal(Messages.Wire(["slow", .. more]), await served.Client.TakeAllAsync());
            await served.EndsAsync(stopping, EndReason.Drained);
        }
    }

    [Claim]
    public async Task Both_sides_of_a_long_stream_stop_in_good_order_20_times(Transport transport)
    {
        var random = Chance.New();
        for (var time = 0; time < Thorough.Times(20); time++)
        {
            await using var served = await ServedAsync(transport);
            var sent = Enumerable.Range(0, 2_000).Select(i => Messages.Wire(Chance.Bytes(random.Next(3_000), i))).ToArray();
            var sending = Beside.Run(async () =>
            {
                foreach (var wire in sent)
                {
                    await served.Client.SendAsync(wire).InTime();
                }
            });
            var start = await served.Client.TakeAsync(random.Next(1, 200_000));
            var stopping = served.Server.StopAsync();
            byte[] heard = [.. start, .. await served.Client.TakeAllAsync()];
            await sending.InTime();
            var whole = 0;
            foreach (var wire in sent)
            {
                if (whole == heard.Length)
                {
                    break;
                }
                Assert.Equal(wire, heard.AsSpan(whole, Math.Min(wire.Length, heard.Length - whole)));
                whole += wire.Length;
            }
            await served.EndsAsync(stopping, null);
        }
    }

    private static Task<Served> ServedAsync(
        Transport transport, Protocol<Frame, Frame>? protocol = null, bool echo = true, Func<string, Task>? before = null) =>
        ServedAsync(transport.NewSite(), protocol, echo, before);

    private static async Task<Served> ServedAsync(Site site, Protocol<Frame, Frame>? protocol, bool echo, Func<string, Task>? before)
    {
        var served = new Served(site);
        await served.StartAsync(protocol ?? Protocol.Of(Messages.Format), echo, before);
        return served;
    }

    /// <summary>A server that echoes messages, and one client of bytes whose handler has begun to read.</summary>
    private sealed class Served(Site site) : IAsyncDisposable
    {
        internal int Heard;

        private Task<ConnectionEnd> _ended = null!;

        internal Site Site => site;

        internal SocketServer Server { get; private set; } = null!;

        internal Connection Client { get; private set; } = null!;

        internal async Task StartAsync(Protocol<Frame, Frame> protocol, bool echo, Func<string, Task>? before)
        {
            (_ended, var served) = ServingClaims.EndOf();
            Server = await site.ServeAsync(
                async (connection, ct) =>
                {
                    served(connection);
                    var peer = connection.AsFramed(protocol);
                    await peer.SendAsync(Messages.Of("ready"), ct);
                    await foreach (var frame in peer.ReadAllAsync(ct))
                    {
                        Interlocked.Increment(ref Heard);
                        if (before is not null)
                        {
                            await before(frame.Text());
                        }
                        if (echo)
                        {
                            await peer.SendAsync(frame, ct);
                        }
                    }
                },
                DrainClaims.Frozen);
            Client = await site.ConnectAsync(Server);
            Assert.Equal(Messages.Wire("ready"), await Client.TakeAsync(9));
        }

        /// <summary>The server's side ended so, and everybody is done; null for any way in good order.</summary>
        internal async Task EndsAsync(Task stopping, EndReason? reason)
        {
            await Client.CloseAsync().InTime();
            await stopping.InTime();
            var end = await _ended.InTime();
            Assert.Equal((DirectionEnd.Finished, DirectionEnd.Finished), (end.Input, end.Output));
            Assert.Equal(reason ?? end.Reason, end.Reason);
        }

        public ValueTask DisposeAsync() => site.DisposeAsync();
    }
}
