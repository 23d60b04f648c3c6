namespace Zocalo.Simulation.Workload;

/// <summary>Requests and their replies, several at once: matched by number or by order; some are given up after a timeout or by a token;
/// notices of the server come between them.</summary>
internal sealed class RequestTalk(Stage stage, Conversation talk, Connection connection, Chance chance)
{
    internal static readonly Protocol<Message, Message> ByNumber = Message.In(
        Frames.LengthPrefixed()).WithRepliesById(new Message.Numbers());
    internal static readonly Protocol<Message, Message> InOrder = Message.In(Frames.Cobs()).WithRepliesInOrder(
        static message => message.Kind == MessageKind.Reply);

    private readonly FramedConnection<Message, Message> _peer = connection.AsFramed(talk.Service == Service.ByNumber ? ByNumber : InOrder);
    private readonly Side _side = talk.Client;
    private int _lastSequence;

    internal async Task RunAsync()
    {
        var reading = ReadNoticesAsync();
        try
        {
            for (var rounds = chance.Between(1, 6); rounds > 0; rounds--)
            {
                await Task.WhenAll(Enumerable.Range(0, chance.Between(1, 4)).Select(_ => RequestAsync()));
                await stage.Think(chance.Seconds(0.1, 8));
            }
            if (chance.Is(0.5))
            {
                using var _ = stage.Watch.Begin("half-close", Promises.Send, talk);
                await _peer.CompleteOutputAsync();
            }
            else if (chance.Is(0.2))
            {
                _side.IsCut = true;
                _peer.Abort();
            }
        }
        finally
        {
            _side.DoneAt = stage.Time.Elapsed;
            using var _ = stage.Watch.Begin("close", Promises.Close, talk);
            await _peer.CloseAsync();
            using var ends = stage.Watch.Begin("the notices' end after the close", TimeSpan.Zero, talk);
            await reading;
        }
    }

    private async Task RequestAsync()
    {
        var request = new Message(MessageKind.Request, 0, talk.Stream, ++_lastSequence, chance.Spread(1, 3000));
        var timeout = chance.Is(0.8) ? TimeSpan.FromSeconds(20) : chance.Seconds(0.001, 4);
        var patience = chance.Is(0.85) ? Timeout.InfiniteTimeSpan : chance.Seconds(0.001, 4);
        var begun = stage.Time.Elapsed;
        using var giveUp = stage.Patience(patience);
        using var _ = stage.Watch.Begin(
            $"request {request.Sequence}", patience > TimeSpan.Zero && patience < timeout ? patience : timeout, talk);
        _side.Unsure++;
        try
        {
            var reply = await _peer.RequestAsync(request, timeout, giveUp.Token);
            stage.Check(
                reply.Kind == MessageKind.Reply && reply.Stream == talk.Stream && reply.Sequence == request.Sequence,
                talk,
                $"{reply} came as the reply to {request}");
            _side.Unsure--;
            _side.Accepted++;
            stage.Tally.Count("request: replied");
        }
        catch (TimeoutException)
        {
            stage.Check(
                stage.Time.Elapsed - begun == timeout,
                talk,
                $"request {request.Sequence} timed out after {stage.Time.Elapsed - begun}, not {timeout}");
            stage.Tally.Count("request: timeout");
        }
        catch (OperationCanceledException)
        {
            stage.Check(
                stage.Time.Elapsed - begun == patience,
                talk,
                $"request {request.Sequence} was cancelled after {stage.Time.Elapsed - begun}, not {patience}");
            stage.Tally.Count("request: cancelled");
        }
        catch (ConnectionException error)
        {
            stage.Tally.Count($"request: {error.Reason}");
            if (error.Reason is not (EndReason.PeerFinished or EndReason.Drained))
            {
                _side.Told ??= error.Reason;
            }
        }
    }

    private async Task ReadNoticesAsync()
    {
        var last = 0;
        try
        {
            await foreach (var notice in _peer.ReadAllAsync())
            {
                stage.Check(
                    notice.Kind == MessageKind.Notice && notice.Stream == talk.Stream && notice.Sequence == ++last,
                    talk,
                    $"{notice} came after notice {last}");
                _side.Got++;
            }
            _side.SawEnd = true;
        }
        catch (ConnectionException error)
        {
            _side.Told ??= error.Reason;
        }
        catch (ObjectDisposedException)
        {
            // Closed meanwhile.
        }
    }

    /// <summary>The server's side: replies after some work, by number in any order.</summary>
    internal static async Task ServeAsync(
        Stage stage, Conversation talk, FramedConnection<Message, Message> peer, CancellationToken cancellationToken)
    {
        var chance = new Chance(stage.Net.Seed, ~talk.Stream);
        var (side, work) = (talk.Server, new List<Task>());
        var last = 0;
        try
        {
            var messages = peer.ReadAllAsync(cancellationToken).GetAsyncEnumerator(CancellationToken.None);
            await using var __ = messages;
            while (await NextAsync())
            {
                var request = messages.Current;
                stage.Check(
                    request.Kind == MessageKind.Request && request.Stream == talk.Stream && request.Sequence > last,
                    talk,
                    $"{request} came after request {last}");
                last = request.Sequence;
                side.Got++;
                if (chance.Is(0.2))
                {
                    using var ___ = stage.Watch.Serve("notices", talk);
                    await NotifyAsync();
                }
                var reply = ReplyAsync(request, chance.Is(0.5) ? TimeSpan.Zero : chance.Seconds(0.001, 3));
                if (talk.Service == Service.ByNumber)
                {
                    work.Add(reply);
                }
                else
                {
                    await reply;
                }
            }
            side.SawEnd = true;

            async ValueTask<bool> NextAsync()
            {
                using var _ = stage.Watch.Serve("the next request", talk);
                return await messages.MoveNextAsync();
            }
        }
        finally
        {
            await Task.WhenAll(work);
        }

        // One, or more at once than can be sent without waiting.
        Task NotifyAsync()
        {
            var (times, longest) = chance.Is(0.1) ? (16, 16_000) : (1, 1000);
            return Task.WhenAll(Enumerable.Range(0, times).Select(_ => peer.SendAsync(
                new Message(
                    MessageKind.Notice,
                    0,
                    talk.Stream,
                    (int)++side.Accepted,
                    chance.Spread(longest / 10, longest)), cancellationToken).AsTask()));
        }

        async Task ReplyAsync(Message request, TimeSpan effort)
        {
            if (effort > TimeSpan.Zero)
            {
                await Task.Delay(effort, stage.Time, cancellationToken);
            }
            using var _ = stage.Watch.Serve("a reply", talk);
            await peer.SendAsync(request with { Kind = MessageKind.Reply, Length = chance.Spread(1, 3000) }, cancellationToken);
        }
    }
}
