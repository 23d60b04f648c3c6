using Microsoft.Extensions.Logging;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Telemetry;

namespace Zocalo.Serving;

/// <summary>
/// Logs handlers that blocked their event loops, or made them sleep again and again: each time, but at most <see cref="MostWarnings"/>
/// times in an <see cref="Interval"/>. The rest is counted and logged when the interval is over. One warning for the whole life of a server
/// would not be enough: the first may come from compiling at the start, and the next from a handler that sleeps. Thread-safe.
/// </summary>
/// <param name="handler">The handler's name as its author knows it.</param>
/// <param name="logger">Where it is logged, never under the lock.</param>
/// <param name="time">The clock of the intervals.</param>
internal sealed class RescueLog(string handler, ILogger logger, TimeProvider time)
{
    /// <summary>Warnings in one interval.</summary>
    internal const int MostWarnings = 5;

    /// <summary>The interval, in seconds.</summary>
    internal const int IntervalSeconds = 10;

    private readonly Lock _lock = new();
    private ITimer? _end;           // the end of the interval; null if none has begun
    private int _count;
    private int _moves;             // without a rescue
    private int _told;              // in this interval
    private int _untold;
    private bool _limitTold;        // in this interval
    private bool _isStopped;

    /// <summary>The length of the interval.</summary>
    internal static TimeSpan Interval { get; } = TimeSpan.FromSeconds(IntervalSeconds);

    /// <summary>How often handlers blocked their loops.</summary>
    internal int Count => Volatile.Read(ref _count);

    /// <summary>A connection's handler blocked its loop, which was taken over.</summary>
    /// <param name="id">The connection's.</param>
    /// <param name="threadsLeft">How many more threads of that loop may be blocked.</param>
    internal void OnRescued(long id, int threadsLeft)
    {
        bool tell, tellLimit;
        lock (_lock)
        {
            _count++;
            tell = TakeTurnUnsynchronized();
            tellLimit = threadsLeft == 0 && !_limitTold;
            _limitTold |= tellLimit;
        }
        if (tell)
        {
            Log.HandlerRescued(logger, handler, id, MostWarnings, IntervalSeconds);
        }
        if (tellLimit)
        {
            Log.LoopThreadsSpent(logger, LoopThreads.MostBlocked);
        }
    }

    /// <summary>A connection's handler made its loop sleep for some milliseconds, again and again.</summary>
    /// <param name="id">The connection's.</param>
    internal void OnSlept(long id)
    {
        bool tell;
        lock (_lock)
        {
            _moves++;
            tell = TakeTurnUnsynchronized();
        }
        if (tell)
        {
            Log.HandlerSlept(logger, handler, id, MostWarnings, IntervalSeconds);
        }
    }

    /// <summary>The server stops: logs the count now.</summary>
    internal void Stop()
    {
        lock (_lock)
        {
            _isStopped = true;
        }
        EndInterval();
    }

    private void EndInterval()
    {
        int untold, count;
        lock (_lock)
        {
            _end?.Dispose();
            _end = null;
            (untold, count) = (_untold, _count + _moves);
            (_told, _untold, _limitTold) = (0, 0, false);
        }
        if (untold > 0)
        {
            Log.MoreHandlersRescued(logger, handler, untold, count);
        }
    }

    /// <returns>Whether it is one of the first in its interval, which are told.</returns>
    private bool TakeTurnUnsynchronized()
    {
        var tell = _told < MostWarnings;
        (_told, _untold) = tell ? (_told + 1, _untold) : (_told, _untold + 1);
        if (!_isStopped)
        {
            _end ??= time.CreateTimer(static log => ((RescueLog)log!).EndInterval(), this, Interval, Timeout.InfiniteTimeSpan);
        }
        return tell;
    }
}
