namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo listen</c>, from the listener to the exit code.</summary>
internal sealed class ListenRun(
    Listener listener, Engine engine, Func<Connection, Exchange> exchangeWith, IEvents events, StopSignals signals, TimeSpan drainTimeout)
{
    private static readonly TimeSpan AbortGrace = TimeSpan.FromSeconds(1);

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
        using var drainTime = new CancellationTokenSource(Timeout.InfiniteTimeSpan, TimeProvider.System);
        using var drainLimit = CancellationTokenSource.CreateLinkedTokenSource(drainTime.Token, signals.Abort);
        Connection? served = null;
        try
        {
            while (!signals.Stop.IsCancellationRequested)
            {
                served = null;
                Connection connection = served = await listener.AcceptAsync(signals.Stop);
                using CancellationTokenRegistration draining = signals.Stop.Register(() =>
                {
                    events.Draining(1, drainTimeout);
                    _ = StopListeningAsync();
                    drainTime.CancelAfter(drainTimeout);
                });
                await ConverseAsync(connection, signals.Stop, drainLimit.Token);
            }
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            // While it waited for a client, or because the last one took too long to finish.
            return served is null ? ExitCode.Done : await CutAsync(served);
        }

        return ExitCode.Done;
    }

    /// <summary>The client that did not finish sees a reset, though we had sent everything: it had not.</summary>
    private async Task<int> CutAsync(Connection client)
    {
        client.Abort();
        await ((Task)client.Closed).WaitAsync(AbortGrace, TimeProvider.System).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        int exitCode = signals.AbortExitCode != 0 ? signals.AbortExitCode : ExitCode.Network;
        string why = signals.AbortExitCode != 0 ? "at the second signal" : $"not finished within {Duration.Format(drainTimeout)} (--drain-timeout)";
        events.Error($"1 connection aborted: {why}", exitCode);
        return exitCode;
    }

    private async Task StopListeningAsync() => await listener.DisposeAsync();

    private Task<int> ConverseAsync(Connection connection, CancellationToken finish, CancellationToken stop) =>
        new Conversation(events, engine, Origin.Peers).RunAsync(exchangeWith(connection), finish, stop);
}
