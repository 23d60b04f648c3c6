namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo listen</c>, from the listener to the exit code.</summary>
internal sealed class ListenRun(
    Listener listener, Engine engine, Func<Connection, Exchange> exchangeWith, IEvents events, StopSignals signals)
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    /// <summary>One client; nobody else gets in once it is there.</summary>
    public async Task<int> ServeOneAsync()
    {
        events.Listening(listener.LocalAddress, engine);
        try
        {
            Connection connection = await listener.AcceptAsync(signals.Stop);
            await listener.DisposeAsync();
            return await ConverseAsync(connection, finish: CancellationToken.None, signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return signals.ExitCode;
        }
    }

    /// <summary>Client after client, until the first signal. A client that breaks off ends its own conversation only.</summary>
    public async Task<int> ServeOneAfterTheOtherAsync()
    {
        events.Listening(listener.LocalAddress, engine);
        using var drainLimit = new CancellationTokenSource(Timeout.InfiniteTimeSpan, TimeProvider.System);
        try
        {
            while (!signals.Stop.IsCancellationRequested)
            {
                Connection connection = await listener.AcceptAsync(signals.Stop);
                using CancellationTokenRegistration draining = signals.Stop.Register(() =>
                {
                    events.Draining(1);
                    _ = StopListeningAsync();
                    drainLimit.CancelAfter(DrainTimeout);
                });
                await ConverseAsync(connection, signals.Stop, drainLimit.Token);
            }
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // While it waited for a client, or because the last one took too long to finish.
        }

        return ExitCode.Done;
    }

    private async Task StopListeningAsync() => await listener.DisposeAsync();

    private Task<int> ConverseAsync(Connection connection, CancellationToken finish, CancellationToken stop) =>
        new Conversation(events, engine, Origin.Peers).RunAsync(exchangeWith(connection), finish, stop);
}
