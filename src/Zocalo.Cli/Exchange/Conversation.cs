namespace Zocalo.Cli;

/// <summary>An <see cref="Exchange"/> with its two events, beginning and end, and its exit code.</summary>
internal sealed class Conversation(Events events, Engine engine, Origin origin)
{
    /// <summary>Converses to the end.</summary>
    /// <returns>The exit code; a connection that broke has been reported.</returns>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> fired.</exception>
    public async Task<int> RunAsync(Exchange exchange, CancellationToken finish, CancellationToken stop)
    {
        Connection connection = exchange.Connection;
        events.Connected(connection, engine, origin);
        ConnectionEnd end;
        try
        {
            end = await exchange.RunAsync(finish, stop);
        }
        catch
        {
            // Aborted by us, so that its end is certain and near; unless all was sent, when nobody waits for the peer.
            if (connection.ConnectionClosed.IsCancellationRequested)
            {
                events.Closed(connection, await connection.Closed);
            }
            throw;
        }
        events.Closed(connection, end);
        return ExitSummary.Of(end) is { } failure ? events.Fail(failure) : ExitCode.Done;
    }
}
