namespace Zocalo.Contract.Claims;

/// <summary>Requests get their own replies, by order or by number, whatever comes between.</summary>
public sealed class MessagesRequestClaims
{
    [Claim]
    public async Task A_hundred_requests_at_a_time_get_their_own_replies(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.Plain));
            var serving = Beside.Run(async () =>
            {
                for (var i = 0; i < 500; i++)
                {
                    var request = await Note.NextAsync(server);
                    await server.SendAsync(request.Reply($"re: {request.Text}")).InTime();
                }
            });
            await Task.WhenAll(Enumerable.Range(0, 100).Select(task => Beside.Run(async () =>
            {
                for (var i = 0; i < 5; i++)
                {
                    Assert.Equal($"re: {task}/{i}", (await client.RequestAsync(new($"{task}/{i}")).InTime()).Text);
                }
            }))).InTime();
            await serving.InTime();
            Assert.Equal(0, client.LateReplies);
        }
    }

    [Claim]
    public async Task Replies_by_number_may_come_in_any_order(Transport transport)
    {
        var random = Chance.New();
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsFramed(Note.ById), pair.Server.AsFramed(Note.Plain));
        var replies = Enumerable.Range(0, 100).Select(i => client.RequestAsync(new($"{i}"))).ToArray();
        var requests = new List<Note>();
        while (requests.Count < 100)
        {
            requests.Add(await Note.NextAsync(server));
        }
        Assert.Equal(100, requests.DistinctBy(note => note.Id).Count());
        var shuffled = requests.ToArray();
        random.Shuffle(shuffled);
        foreach (var request in shuffled)
        {
            await server.SendAsync(request.Reply($"re: {request.Text}")).InTime();
        }
        for (var i = 0; i < replies.Length; i++)
        {
            Assert.Equal($"re: {i}", (await replies[i].InTime()).Text);
        }
    }

    [Claim]
    public async Task Requests_without_a_mark_are_answered_in_order_by_whatever_comes(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var client = pair.Client.AsFramed(Protocol.Of(Messages.Format).WithRepliesInOrder());
        var replies = Enumerable.Range(0, 100).Select(i => client.RequestAsync(Messages.Of($"{i}"))).ToArray();
        await pair.Server.SendAsync(Messages.Wire([.. Enumerable.Range(0, 100).Select(i => $"re: {i}")])).InTime();
        for (var i = 0; i < replies.Length; i++)
        {
            Assert.Equal($"re: {i}", (await replies[i].InTime()).Text());       // owned: all were received before this was looked at
        }
    }

    [Claim]
    public async Task What_the_peer_says_by_itself_is_read_as_ever(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.Plain));
            var reply = client.RequestAsync(new("question"));
            var request = await Note.NextAsync(server);
            await server.SendAsync(new("news 1", 1)).InTime();
            await server.SendAsync(request.Reply("answer")).InTime();
            await server.SendAsync(new("news 2", 1)).InTime();
            await server.CompleteOutputAsync().InTime();
            Assert.Equal("answer", (await reply.InTime()).Text);
            var news = new List<string>();
            await foreach (var note in client.ReadAllAsync().InTime())
            {
                news.Add(note.Text);
            }
            Assert.Equal(["news 1", "news 2"], news);
        }
    }

    [Claim]
    public async Task Who_asks_in_the_middle_of_its_own_reading_loop_is_answered(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.ById));
            var serving = Beside.Run(async () =>
            {
                await foreach (var note in server.ReadAllAsync().InTime())
                {
                    await server.SendAsync(note.Reply($"re: {note.Text}")).InTime();
                }
                await server.CloseAsync().InTime();
            });
            foreach (var i in Enumerable.Range(0, 10))
            {
                await server.SendAsync(new($"news {i}")).InTime();
            }
            var heard = 0;
            await foreach (var note in client.ReadAllAsync().InTime())
            {
                Assert.Equal($"re: {note.Text}", (await client.RequestAsync(note).InTime()).Text);
                if (++heard == 10)
                {
                    break;
                }
            }
            await client.CloseAsync().InTime();
            await serving.InTime();
        }
    }

    [Claim]
    public async Task Who_has_finished_sending_still_gets_its_replies(Transport transport)
    {
        foreach (var protocol in Note.WithReplies)
        {
            await using var pair = await transport.ConnectAsync();
            var (client, server) = (pair.Client.AsFramed(protocol), pair.Server.AsFramed(Note.Plain));
            var reply = client.RequestAsync(new("last question"));
            await client.CompleteOutputAsync().InTime();
            var request = await Note.NextAsync(server);
            Assert.False(await server.WaitToReadAsync().InTime());
            await server.SendAsync(request.Reply("last answer")).InTime();
            Assert.Equal("last answer", (await reply.InTime()).Text);
            await Assert.ThrowsAsync<InvalidOperationException>(() => client.RequestAsync(new("too late")).InTime());
        }
    }

    [Claim(Needs = Needs.Threads)]
    public async Task Who_blocks_the_only_thread_of_a_context_is_answered_all_the_same(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(async (connection, ct) =>
        {
            var peer = connection.AsFramed(Note.Plain);
            await foreach (var note in peer.ReadAllAsync(ct))
            {
                await peer.SendAsync(note.Reply("answer"), ct);
            }
        });
        using var thread = new OneThread();
        var reached = "connecting";
        await thread.RunAsync(() =>
        {
            var connecting = Connector.ConnectAsync(server.LocalAddress, Note.ById, new() { Engine = site.Engine });
            if (connecting.Wait(Patience.Cap))
            {
                reached = "requesting";
                reached = connecting.Result.RequestAsync(new("question")) is var request && request.Wait(Patience.Cap)
                    ? request.Result.Text
                    : reached;
                reached = connecting.Result.CompleteOutputAsync().AsTask().Wait(Patience.Cap) ? reached : "completing";
                reached = connecting.Result.WaitToReadAsync().AsTask().Wait(Patience.Cap) ? reached : "waiting";
                reached = connecting.Result.CloseAsync().Wait(Patience.Cap) ? reached : "closing";
            }
            return Task.CompletedTask;
        }).InTime(cap: 6 * Patience.Cap);
        Assert.Equal("answer", reached);
    }

    [Claim]
    public async Task Numbers_begin_again_and_spare_those_in_use(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsFramed(Note.ByIdUpTo(3)), pair.Server.AsFramed(Note.Plain));
        var first = client.RequestAsync(new("first"));
        var held = await Note.NextAsync(server);
        Assert.Equal(1, held.Id);
        var ids = new List<long>();
        for (var i = 0; i < 7; i++)
        {
            var reply = client.RequestAsync(new("another"));
            var request = await Note.NextAsync(server);
            ids.Add(request.Id);
            await server.SendAsync(request.Reply("another's")).InTime();
            Assert.Equal("another's", (await reply.InTime()).Text);
        }
        Assert.Equal([2, 3, 2, 3, 2, 3, 2], ids);
        var (second, third) = (client.RequestAsync(new("second")), client.RequestAsync(new("third")));
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.RequestAsync(new("one too many")).InTime());
        await server.SendAsync(held.Reply("first's")).InTime();
        Assert.Equal("first's", (await first.InTime()).Text);
        var fourth = client.RequestAsync(new("fourth"));
        for (var i = 0; i < 3; i++)
        {
            var request = await Note.NextAsync(server);
            await server.SendAsync(request.Reply(request.Text)).InTime();
        }
        Assert.Equal(["second", "third", "fourth"], (await Task.WhenAll(second, third, fourth).InTime()).Select(note => note.Text));
    }

    [Claim]
    public async Task A_protocol_without_replies_has_no_requests(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => pair.Client.AsFramed(Note.Plain).RequestAsync(new("?")).InTime());
        Assert.Contains("WithReplies", error.Message, StringComparison.Ordinal);
    }
}
