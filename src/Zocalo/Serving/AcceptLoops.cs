using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Zocalo.Connections;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// A server's accept loops: one for each address, or for each queue of it (<see cref="ServerOptions.PerLoop"/>). They begin and stop
/// together, and share the reserve of descriptors and what the log says of a lack.
/// </summary>
/// <remarks>
/// At the stop each loop empties its own queue and closes it, as soon as it can and in no order among them. So nothing is lost that was
/// connected before: nobody closes a queue but the loop that has found it empty, or has accepted as many as it can hold. What comes
/// meanwhile the kernel puts into the queues that still listen, where it is accepted or, behind that number, reset. Rejected: one after the
/// other, which makes the last queue wait for a blocked loop that has nothing to do with it.
/// </remarks>
internal sealed class AcceptLoops
{
    private readonly DescriptorReserve _reserve = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ILogger _logger;
    private readonly AcceptLoop[] _loops;
    private readonly Refusals _refusals;
    private bool _isPaused;     // the log has said so

    /// <param name="listeners">Whose queues they are.</param>
    /// <param name="served">Where accepted connections go.</param>
    /// <param name="backlog">What a queue was made for.</param>
    /// <param name="origin">The stack that connections remember.</param>
    /// <param name="logger">Where pauses are told.</param>
    /// <param name="time">Their clock.</param>
    internal AcceptLoops(
        Listener[] listeners, ServedConnections served, int backlog, string? origin, ILogger logger, TimeProvider time)
    {
        (Served, Origin, Time) = (served, origin, time);
        _refusals = listeners[0].Admission.Refusals;
        _logger = logger;
        Stopping = _stop.Token;
        MostInQueue = backlog + 1L;
        _loops =
        [
            .. listeners.SelectMany(
                listener => listener.Sockets.ToArray(), (listener, socket) => new AcceptLoop(listener, socket, this)),
        ];
    }

    internal ServedConnections Served { get; }

    internal string? Origin { get; }

    internal TimeProvider Time { get; }

    internal CancellationToken Stopping { get; }

    /// <summary>How many connections may be in a queue: the kernel lets in one more than the backlog (sk_acceptq_is_full).</summary>
    internal long MostInQueue { get; }

    /// <summary>There is one queue, so the loop can wait for room before it accepts: what waits is then the backlog's.</summary>
    internal bool HasOneQueue => _loops.Length == 1;

    /// <returns>A task that completes when the stop has emptied and closed every queue.</returns>
    internal async Task RunAsync()
    {
        _reserve.TryTake();
        await (_loops is [var only] ? only.RunAsync() : Task.WhenAll(_loops.Select(static loop => loop.RunAtHomeAsync())));
        await _refusals.WhenDone();
        _refusals.Flush();
        _reserve.Dispose();
        _stop.Dispose();
    }

    internal void Stop()
    {
        _stop.Cancel();
        Array.ForEach(_loops, static loop => loop.CloseIfEmpty());
    }

    /// <summary>The time of the stop is over: the kernel resets what still waits in the queues.</summary>
    internal void Cut() => Array.ForEach(_loops, static loop => loop.Cut());

    /// <summary>An accept failed for a reason on this side.</summary>
    internal void OnPausing(SocketError error, TimeSpan pause)
    {
        ReleaseReserve();
        if (!Interlocked.Exchange(ref _isPaused, true))
        {
            Log.AcceptPaused(_logger, error, pause);
        }
    }

    internal void OnAccepted()
    {
        if (Volatile.Read(ref _isPaused) && Interlocked.Exchange(ref _isPaused, false))
        {
            Log.AcceptResumed(_logger);
        }
    }

    internal void ReleaseReserve() => _reserve.Release();

    /// <returns>Whether accepting may be tried again.</returns>
    internal bool TryTakeReserve() => _reserve.TryTake();
}
