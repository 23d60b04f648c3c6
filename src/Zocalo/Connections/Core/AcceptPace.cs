namespace Zocalo.Connections;

/// <summary>
/// When the next connection may be accepted: a token bucket, kept as the one moment at which it would be full again (the generic cell rate
/// algorithm, ITU-T I.371). Thread-safe.
/// </summary>
/// <remarks>Rejected: TokenBucketRateLimiter of System.Threading.RateLimiting, which measures the system's time by itself, so that neither
/// a test nor a simulation could pass it.</remarks>
/// <param name="rate">In a second.</param>
/// <param name="burst">After a quiet time, at least 1.</param>
/// <param name="time">The clock.</param>
internal sealed class AcceptPace(int rate, int burst, TimeProvider time)
{
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(1);

    private readonly Lock _lock = new();
    private readonly double _interval = (double)time.TimestampFrequency / rate;
    private double _full = time.GetTimestamp();     // the bucket is full at this moment

    /// <summary>Waits until one more may be accepted.</summary>
    /// <param name="cancellationToken">Ends the wait; the task does not fail.</param>
    internal Task WaitAsync(CancellationToken cancellationToken)
    {
        var delay = TakeNext();
        return delay <= TimeSpan.Zero
            ? Task.CompletedTask
            : DelayAsync(delay < ShortestDelay ? ShortestDelay : delay, cancellationToken);
    }

    private TimeSpan TakeNext()
    {
        lock (_lock)
        {
            double now = time.GetTimestamp();
            var wait = _full - ((burst - 1) * _interval) - now;
            _full = Math.Max(_full, now) + _interval;
            return TimeSpan.FromSeconds(wait / time.TimestampFrequency);
        }
    }

    private async Task DelayAsync(TimeSpan delay, CancellationToken cancellationToken) =>
        await Task.Delay(delay, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
}
