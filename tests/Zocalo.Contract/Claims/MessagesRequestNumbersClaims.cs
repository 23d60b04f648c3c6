namespace Zocalo.Contract.Claims;

/// <summary>A request that gave up leaves nothing behind: its number, and its place among those that may wait, are free for the
/// next.</summary>
public sealed class MessagesRequestNumbersClaims
{
    private const int Numbers = 3;

    [Claim]
    public Task The_numbers_of_requests_that_timed_out_are_used_again(Transport transport) =>
        GiveUpAsync(transport, new(), Note.ByIdUpTo(Numbers));

    [Claim]
    public Task The_places_of_requests_that_timed_out_are_free_again(Transport transport) =>
        GiveUpAsync(transport, new() { MaxPendingRequests = Numbers }, Note.ById);

    [Claim]
    public async Task The_numbers_of_requests_that_were_cancelled_are_used_again(Transport transport)
    {
        await using var pair = await transport.ConnectAsync();
        var (client, server) = (pair.Client.AsFramed(Note.ByIdUpTo(Numbers)), pair.Server.AsFramed(Note.Plain));
        for (var round = 0; round < 3; round++)
        {
            using var cancel = new CancellationTokenSource();
            var requests = await AskAsync(client, server, timeout: null, cancel.Token);
            await cancel.FireAsync();
            foreach (var request in requests)
            {
                await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.InTime());
            }
        }
        await AnswerAsync(client, server);
    }

    private static async Task GiveUpAsync(Transport transport, MessagingOptions options, Protocol<Note, Note> protocol)
    {
        var time = new FakeTime();
        await using var pair = await transport.ConnectAsync(time: time);
        var (client, server) = (pair.Client.AsFramed(protocol, options), pair.Server.AsFramed(Note.Plain));
        for (var round = 0; round < 3; round++)
        {
            var requests = await AskAsync(client, server, TimeSpan.FromSeconds(1), default);
            await Assert.ThrowsAsync<InvalidOperationException>(() => client.RequestAsync(new("one too many")).InTime());
            time.Advance(TimeSpan.FromSeconds(1));
            foreach (var request in requests)
            {
                await Assert.ThrowsAsync<TimeoutException>(() => request.InTime());
            }
        }
        await AnswerAsync(client, server);
    }

    /// <summary>As many requests as there may be at a time. All have been sent, and their time runs.</summary>
    private static async Task<List<Task<Note>>> AskAsync(
        FramedConnection<Note, Note> client, FramedConnection<Note, Note> server, TimeSpan? timeout, CancellationToken cancellationToken)
    {
        var requests = new List<Task<Note>>();
        for (var i = 0; i < Numbers; i++)
        {
            var request = client.RequestAsync(new("nobody answers"), timeout, cancellationToken);
            Assert.False(request.IsCompleted, "there was no number or no place for it");
            requests.Add(request);
            await Note.NextAsync(server);
        }
        return requests;
    }

    private static async Task AnswerAsync(FramedConnection<Note, Note> client, FramedConnection<Note, Note> server)
    {
        var request = client.RequestAsync(new("question"));
        await server.SendAsync((await Note.NextAsync(server)).Reply("answer")).InTime();
        Assert.Equal("answer", (await request.InTime()).Text);
        Assert.Equal(0, client.LateReplies);
    }
}
