namespace Zocalo.Timing;

/// <summary>When to ping a peer that is silent, and when it has left too many pings unanswered. Belongs to the visits of one
/// connection.</summary>
/// <param name="ping">Sends one.</param>
/// <param name="interval">Ticks of silence before a ping, and from one ping to the next.</param>
/// <param name="misses">How many pings in a row may stay unanswered for an interval each.</param>
/// <param name="wheel">The connection's.</param>
internal sealed class Heartbeat(IThreadPoolWorkItem ping, int interval, int misses, Wheel wheel)
{
    // The part of the interval by which a first ping comes earlier, so that connections which began together do not ping together.
    private const double Jitter = 0.1;

    private int _silence;
    private int _unanswered;
    private int _nextAt = Draw(interval, wheel);

    internal enum Beat
    {
        Nothing,
        Ping,
        Dead,
    }

    internal IThreadPoolWorkItem Ping => ping;

    internal int Period => DeadlineTicks.PeriodFor(interval);

    /// <summary>Ticks until the next ping, or until the peer counts as dead.</summary>
    internal int Left => Math.Max(1, _nextAt - _silence);

    /// <param name="silence">Ticks since the last byte came from the peer.</param>
    internal Beat Visit(int silence)
    {
        if (silence < _silence || silence == 0)
        {
            (_unanswered, _nextAt) = (0, Draw(interval, wheel));
        }
        _silence = silence;
        if (silence < _nextAt)
        {
            return Beat.Nothing;
        }
        if (_unanswered == misses)
        {
            return Beat.Dead;
        }
        _unanswered++;
        _nextAt = silence + interval;
        return Beat.Ping;
    }

    private static int Draw(int interval, Wheel wheel) => Math.Max(1, interval - (int)(interval * Jitter * wheel.Spread()));
}
