using System.Buffers;

namespace Zocalo.Simulation.Workload;

/// <summary>Raw bytes in both directions: sends of any size, half-close, and every way to close.</summary>
internal sealed class EchoTalk(Stage stage, Conversation talk, Connection connection, Chance chance)
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(40);

    private readonly ulong _key = Pattern.Key(talk.Stream, 0);
    private readonly Side _side = talk.Client;
    private readonly CancellationTokenSource _leaving = new(Timeout.InfiniteTimeSpan, stage.Time);
    private long _awaited;
    private TaskCompletionSource? _caughtUp;

    internal async Task RunAsync()
    {
        var reading = ReadAsync();
        try
        {
            await SendAsync();
            await LeaveAsync(reading);
        }
        finally
        {
            _side.DoneAt ??= stage.Time.Elapsed;
            _leaving.Cancel();
            using (stage.Watch.Begin("the read that was cancelled", TimeSpan.Zero, talk))
            {
                await reading;
            }
            _leaving.Dispose();
        }
    }

    private async Task SendAsync()
    {
        for (var bursts = chance.Between(1, 5); bursts > 0; bursts--)
        {
            for (var left = chance.Spread(1, 40_000); left > 0;)
            {
                var size = Math.Min(left, chance.Spread(1, 40_000));
                var bytes = Pattern.Make(size, _key, _side.Accepted);
                left -= size;
                _side.Accepted += size;
                using var _ = stage.Watch.Begin("send", Promises.Send, talk);
                await connection.SendAsync(bytes);
            }
            if (chance.Is(0.7))
            {
                await WaitForEchoAsync();
            }
            await stage.Think(chance.Seconds(0.1, 8));
        }
    }

    private async Task LeaveAsync(Task reading)
    {
        switch (chance.Between(1, 10))
        {
            case <= 6:
                using (stage.Watch.Begin("half-close", Promises.Send, talk))
                {
                    await connection.CompleteOutputAsync();
                }
                _side.DoneAt = stage.Time.Elapsed;
                _leaving.CancelAfter(LongestWait);
                using (stage.Watch.Begin("reading to the end", LongestWait, talk))
                {
                    await reading;
                }
                break;
            case <= 8:
                _side.IsCut = true;
                connection.Abort();
                break;
        }
    }

    /// <summary>Waits until everything has come back, or a time limit ends.</summary>
    private async Task WaitForEchoAsync()
    {
        if (_side.Got >= _side.Accepted || _side.SawEnd)
        {
            return;
        }
        var caughtUp = _caughtUp = new TaskCompletionSource();
        _awaited = _side.Accepted;
        using var patience = stage.Patience(LongestWait);
        using var giveUp = patience.Token.UnsafeRegister(static waits => ((TaskCompletionSource)waits!).TrySetResult(), caughtUp);
        using var _ = stage.Watch.Begin("waiting for the echo", LongestWait, talk);
        await caughtUp.Task;
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[8192];
        try
        {
            while (await connection.ReceiveAsync(buffer, _leaving.Token) is var count and > 0)
            {
                stage.Check(
                    Pattern.Matches(buffer.AsSpan(0, count), _key, _side.Got),
                    talk,
                    $"bytes {_side.Got} to {_side.Got + count} of the echo are not those that were sent");
                _side.Got += count;
                if (_side.Got >= _awaited)
                {
                    _caughtUp?.TrySetResult();
                }
            }
            _side.SawEnd = true;
        }
        catch (OperationCanceledException)
        {
            // Left.
        }
        catch (ConnectionException error)
        {
            _side.Told ??= error.Reason;
        }
        _caughtUp?.TrySetResult();
    }

    /// <summary>The server's side.</summary>
    internal static async Task ServeAsync(Stage stage, Conversation talk, Connection connection, CancellationToken cancellationToken)
    {
        var (side, key) = (talk.Server, Pattern.Key(talk.Stream, 0));
        if (talk.Stream % 3 == 0)
        {
            side.IsUncounted = true;
            using var _ = stage.Watch.Serve("the copying", talk);
            await connection.Input.CopyToAsync(connection.Output, cancellationToken);
            return;
        }
        while (!side.SawEnd)
        {
            using var _ = stage.Watch.Serve("the echo's next piece", talk);
            var result = await connection.Input.ReadAsync(cancellationToken);
            stage.Check(
                Pattern.Matches(result.Buffer, key, side.Got),
                talk,
                $"{result.Buffer.Length} bytes from {side.Got} on are not those that were sent");
            foreach (var part in result.Buffer)
            {
                connection.Output.Write(part.Span);
            }
            side.Got += result.Buffer.Length;
            side.Accepted += result.Buffer.Length;
            side.SawEnd = result.IsCompleted;
            connection.Input.AdvanceTo(result.Buffer.End);
            await connection.Output.FlushAsync(cancellationToken);
        }
    }
}
