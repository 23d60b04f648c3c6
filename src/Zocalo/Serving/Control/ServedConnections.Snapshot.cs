using Zocalo.Connections;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

internal sealed partial class ServedConnections
{
    /// <summary>How many peers are named.</summary>
    internal const int MostPeers = 10;

    /// <summary>Looks at every connection once, without holding anything up: they go on meanwhile, so the parts are not of one
    /// moment.</summary>
    /// <param name="began">When the server began, by its clock.</param>
    /// <param name="rejected">How many peers were refused; they never came here.</param>
    internal ServerSnapshot TakeSnapshot(long began, long rejected = 0)
    {
        long[] ended;
        bool draining;
        lock (_lock)
        {
            (ended, draining) = (_totals.CopyByReason(), _draining);
        }
        var (open, bytes) = OpenAndTotals();
        var states = new int[Enum.GetValues<ConnectionState>().Length];
        var slowest = new PriorityQueue<(ServedConnection Served, ConnectionState State, Traffic Bytes), (long Unsent, long Moved)>();
        var oldest = 0L;
        foreach (var served in open)
        {
            var core = served.Connection.Core;
            var own = new Traffic(core.Read.BytesReceived, core.BytesSent, core.Write.UnsentBytes);
            var state = StateOf(served, core, own.Unsent);
            states[(int)state]++;
            oldest = oldest == 0 ? served.Began : Math.Min(oldest, served.Began);
            bytes = new(bytes.Received + own.Received, bytes.Sent + own.Sent, bytes.Unsent + own.Unsent);
            var rank = (own.Unsent, own.Received + own.Sent);
            if (slowest.Count < MostPeers)
            {
                slowest.Enqueue((served, state, own), rank);
            }
            else
            {
                slowest.EnqueueDequeue((served, state, own), rank);
            }
        }
        // Those that wait for room are in the queue of the accept loops, and not in the list.
        states[(int)ConnectionState.Queued] = Math.Max(states[(int)ConnectionState.Queued], Volatile.Read(ref _queued));
        return new(
            Time.GetElapsedTime(began),
            states,
            oldest == 0 ? null : Time.GetElapsedTime(oldest),
            Volatile.Read(ref _accepted),
            ended,
            rejected,
            bytes,
            rescues.Count,
            draining,
            Describe(slowest));
    }

    private static ConnectionState StateOf(ServedConnection served, ConnectionCore core, long unsent) =>
        !served.HasHandler ? ConnectionState.Queued
        : core.IsClosing || core.IsBroken || core.HasEnded ? ConnectionState.Closing
        : unsent > 0 || core.Write.IsWaiting ? ConnectionState.Sending
        : core.Read.IsWaiting ? ConnectionState.Reading
        : ConnectionState.Working;

    private PeerSnapshot[] Describe(
        PriorityQueue<(ServedConnection Served, ConnectionState State, Traffic Bytes), (long Unsent, long Moved)> slowest)
    {
        var peers = new PeerSnapshot[slowest.Count];
        for (var i = peers.Length - 1; i >= 0; i--)
        {
            var (served, state, bytes) = slowest.Dequeue();
            var connection = served.Connection;
            peers[i] = new(connection.Id, connection.RemoteAddress, state, Time.GetElapsedTime(served.Began), bytes);
        }
        return peers;
    }
}
