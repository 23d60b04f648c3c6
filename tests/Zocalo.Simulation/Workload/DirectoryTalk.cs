namespace Zocalo.Simulation.Workload;

/// <summary>Clients log in with keys, some with a key that is in use, and get the server's broadcasts: whole, in order, and without a gap
/// that the directory has not reported. Some read slowly.</summary>
internal sealed class DirectoryTalk(Stage stage, Conversation talk, Connection connection, Chance chance)
{
    internal static readonly Protocol<Message, Message> Protocol = Message.In(Frames.VarintPrefixed());

    private readonly FramedConnection<Message, Message> _peer = connection.AsFramed(Protocol);
    private readonly Side _side = talk.Client;

    internal async Task RunAsync()
    {
        var keys = chance.Between(1, 10) <= 8 ? talk.Stream : chance.Between(1, 5);
        using (stage.Watch.Begin("login", Promises.Send, talk))
        {
            _side.Accepted++;
            await _peer.SendAsync(new Message(MessageKind.Login, keys, talk.Stream, 1, chance.Spread(1, 100)));
        }
        var stay = chance.Seconds(5, 60);
        using var leave = stage.Patience(stay);
        using (stage.Watch.Begin("listening", stay + Promises.LongestPause, talk))
        {
            await ListenAsync(leave.Token);
        }
        if (chance.Is(0.15))
        {
            _side.IsCut = true;
            _peer.Abort();
        }
    }

    private async Task ListenAsync(CancellationToken leave)
    {
        var (last, pauses) = (0, chance.Is(0.3));
        try
        {
            await foreach (var message in _peer.ReadAllAsync(leave))
            {
                stage.Check(
                    message.Kind == MessageKind.Broadcast && message.Sequence > last, talk, $"{message} came after broadcast {last}");
                for (var missed = last + 1; last > 0 && missed < message.Sequence; missed++)
                {
                    stage.Check(
                        stage.Broadcasts.WasIncomplete(missed),
                        talk,
                        $"broadcast {missed} did not come, though the directory said that all had it; {last} and {message.Sequence} did");
                }
                last = message.Sequence;
                _side.Got++;
                if (leave.IsCancellationRequested)
                {
                    return;     // the token ends a wait; messages that are there would still be read
                }
                if (pauses && chance.Is(0.2))
                {
                    await stage.Think(chance.Between(TimeSpan.Zero, Promises.LongestPause));
                }
            }
            _side.SawEnd = true;
        }
        catch (OperationCanceledException)
        {
            // It was time to leave.
        }
    }

    /// <summary>The server's side: one login, then silence until the client leaves.</summary>
    internal static async Task ServeAsync(
        Stage stage, Conversation talk, FramedConnection<Message, Message> peer, CancellationToken cancellationToken)
    {
        var messages = peer.ReadAllAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        await using var __ = messages;
        talk.Server.IsUncounted = true;     // the broadcasts count what each peer has got
        while (await NextAsync())
        {
            var login = messages.Current;
            stage.Check(
                login.Kind == MessageKind.Login && login.Stream == talk.Stream && ++talk.Server.Got == 1,
                talk,
                $"{login} came as message {talk.Server.Got}");
            stage.Broadcasts.Bind((int)login.Id, peer, talk);
        }
        talk.Server.SawEnd = true;

        async ValueTask<bool> NextAsync()
        {
            using var _ = stage.Watch.Serve("the next message", talk);
            return await messages.MoveNextAsync();
        }
    }
}
