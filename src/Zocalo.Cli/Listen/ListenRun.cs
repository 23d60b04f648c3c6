using Microsoft.Extensions.Logging;

namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo listen</c>, from the listener to the exit code.</summary>
internal sealed class ListenRun(Events events, ListenArguments arguments)
{
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

    private readonly Exchanges _exchanges = new(
        arguments.Exchange, events, arguments.Engine, Origin.Peers, arguments.KeepsListening);

    public Task<int> RunAsync() => StopSignals.RunAsync(async signals =>
    {
        var options = new ListenOptions
        {
            Engine = arguments.Engine,
            Admission = arguments.Admission,
            Connection = arguments.Exchange.PatientConnection(),
            Deadlines = arguments.Deadlines,
            Logger = new EventLogger(events),
        };
        await using var listener = await Listener.ListenAsync(arguments.Address, options, signals.Stop);
        events.Listening(listener.LocalAddress, arguments.Engine);
        return arguments.KeepsListening ? await ServeManyAsync(listener, signals) : await ServeOneAsync(listener, signals.Stop);
    });

    // One client; nobody else gets in once it is there.
    private async Task<int> ServeOneAsync(Listener listener, CancellationToken stop)
    {
        var connection = await listener.AcceptAsync(stop);
        await listener.DisposeAsync();
        return await _exchanges.Begin(connection).RunAsync(finish: CancellationToken.None, stop);
    }

    // Client after client, some of them at once, until the first signal. A client that breaks off ends its own conversation only;
    // what concerns all of them, such as a standard output that cannot be written, ends the run.
    private async Task<int> ServeManyAsync(Listener listener, StopSignals signals)
    {
        using var places = new SemaphoreSlim(arguments.MaxClients);
        using var stopAccepting = CancellationTokenSource.CreateLinkedTokenSource(signals.Stop);
        using var leave = new CancellationTokenSource(Timeout.InfiniteTimeSpan, TimeProvider.System);
        using var second = signals.Abort.Register(leave.Cancel);
        var served = new List<Served>();
        var aborted = 0;
        try
        {
            while (true)
            {
                var connection = await AcceptAsync(listener, served, stopAccepting.Token);
                served.RemoveAll(each => each.Task.IsCompletedSuccessfully);
                await TakePlaceAsync(places, connection, served, stopAccepting.Token);
                var exchange = _exchanges.Begin(connection);
                served.Add(new Served(exchange, ServeAsync(exchange)));
            }
        }
        catch (OperationCanceledException) when (stopAccepting.IsCancellationRequested)
        {
            await listener.DisposeAsync();
        }
        if (Unfinished(served).Length is > 0 and var unfinished && !leave.IsCancellationRequested)
        {
            events.Draining(unfinished, arguments.DrainTimeout);
            leave.CancelAfter(arguments.DrainTimeout);
        }
        await Task.WhenAll(served.Select(each => each.Task));
        return aborted == 0 ? ExitCode.Done : events.Fail(signals.SummaryOf(aborted, arguments.DrainTimeout));

        async Task ServeAsync(Exchange exchange)
        {
            try
            {
                await exchange.RunAsync(signals.Stop, leave.Token);
            }
            catch (OperationCanceledException) when (leave.IsCancellationRequested)
            {
                // It took too long to finish, and sees a reset, though we may have sent everything: it had not. Or all have to leave
                // because of another one's failure.
                Interlocked.Increment(ref aborted);
                exchange.Connection.Abort();
                await ((Task)exchange.Connection.Closed)
                    .WaitAsync(AbortGrace, TimeProvider.System)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch
            {
                await leave.CancelAsync();
                await stopAccepting.CancelAsync();
                throw;
            }
            finally
            {
                places.Release();
            }
        }
    }

    private static Task[] Unfinished(List<Served> served) => [.. served.Select(each => each.Task).Where(task => !task.IsCompleted)];

    // What is short, such as descriptors, comes back when a client has ended; the others are not to suffer.
    private async Task<Connection> AcceptAsync(Listener listener, List<Served> served, CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await listener.AcceptAsync(stop);
            }
            catch (NetworkException failure) when (Unfinished(served) is { Length: > 0 } unfinished)
            {
                events.Log(LogLevel.Warning, $"{failure.Message}; the next client is accepted when one has ended");
                await Task.WhenAny(unfinished).WaitAsync(stop);
            }
        }
    }

    // A client that nobody serves yet is connected as far as it can see: -v says what it waits for.
    private async Task TakePlaceAsync(SemaphoreSlim places, Connection connection, List<Served> served, CancellationToken stop)
    {
        if (places.Wait(0, CancellationToken.None))
        {
            return;
        }
        if (events.Volume == Volume.Verbose)
        {
            ReportWaiting(connection, served);
        }
        try
        {
            await places.WaitAsync(stop);
        }
        catch (OperationCanceledException)
        {
            connection.Abort();
            throw;
        }
    }

    private void ReportWaiting(Connection waiting, List<Served> served)
    {
        if (served.Where(each => !each.Task.IsCompleted).MaxBy(each => each.Exchange.Silence)?.Exchange is not { } quietest)
        {
            return;
        }
        var count = served.Count == 1 ? "one client is" : $"{served.Count} clients are";
        var seconds = TimeSpan.FromSeconds(Math.Floor(quietest.Silence.TotalSeconds));
        var silence = seconds == TimeSpan.Zero ? "" : $", silent for {Duration.Format(seconds)},";
        events.Log(
            LogLevel.Information,
            $"{PeerName.Of(waiting)} waits: {count} served at a time, and {PeerName.Of(quietest.Connection)}{silence} has not ended; "
            + $"--max-clients {served.Count + 1} serves one more at once");
    }

    private sealed record Served(Exchange Exchange, Task Task);
}
