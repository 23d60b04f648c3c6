namespace Zocalo.Serving;

/// <summary>
/// In a drain with <see cref="ServerOptions.DrainGrace"/>: ends the input of each byte stream, and of new connections, when nothing has
/// gone through it for that long, so that a request that has begun is received whole. What never is quiet ends after half of the drain's
/// time, so that the other half is left for the replies.
/// </summary>
/// <param name="served">The connections of the server that stops.</param>
/// <param name="grace">How long is quiet.</param>
/// <param name="most">How long that may go on altogether; infinite for no limit.</param>
/// <param name="time">The clock.</param>
internal sealed class QuietInputs(ServedConnections served, TimeSpan grace, TimeSpan most, TimeProvider time)
{
    private Dictionary<long, long> _moved = [];     // the bytes of each connection at the last look

    /// <param name="ended">Completes when no connection is left.</param>
    /// <param name="cut">Fires when the connections that are left are aborted.</param>
    /// <returns>A task that completes when every input has ended, also those still to come, or at the cut.</returns>
    internal async Task EndAsync(Task ended, CancellationToken cut)
    {
        var began = time.GetTimestamp();
        EndThoseThatRest();
        while (!ended.IsCompleted && !cut.IsCancellationRequested && !IsOver(began))
        {
            await ended.WaitAsync(grace, time, cut)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            EndThoseThatRest();
        }
        served.EndInputs();
    }

    private bool IsOver(long began) => most != Timeout.InfiniteTimeSpan && time.GetElapsedTime(began) >= most;

    private void EndThoseThatRest()
    {
        var moved = new Dictionary<long, long>();
        foreach (var open in served.Open())
        {
            var core = open.Connection.Core;
            var bytes = core.Read.BytesReceived + core.BytesSent;
            moved.Add(core.Id, bytes);
            if (_moved.TryGetValue(core.Id, out var before) && before == bytes)
            {
                core.EndInput();
            }
        }
        _moved = moved;
    }
}
