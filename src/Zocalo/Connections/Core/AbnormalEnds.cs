using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// Logs connections that ended abnormally by their peer or the network, so that an operator sees them without the level Debug: one by one,
/// up to <see cref="MostInASecond"/> in each second, for each logger. The rest is counted, and the count is logged when its second is over.
/// Thread-safe.
/// </summary>
/// <remarks>
/// A reset is not one of them: it is how many clients hang up. What this side did (abort, a deadline, a handler's failure) is known here
/// already.
/// </remarks>
internal sealed class AbnormalEnds(ILogger logger)
{
    /// <summary>A peer that breaks the protocol can do so thousands of times in a second: the log must not be what fails then.</summary>
    internal const int MostInASecond = 20;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly ConditionalWeakTable<ILogger, AbnormalEnds> All = [];

    private readonly Lock _lock = new();
    private TimeProvider? _time;
    private long _began;            // the current second, by that clock
    private int _logged;            // in it
    private int _skipped;
    private bool _willTell;
    private ITimer? _telling;       // held, or the collector would take it

    internal static void Report(ConnectionCore core, ConnectionEnd end)
    {
        if (end.Reason is EndReason.ProtocolError or EndReason.Truncated or EndReason.LimitExceeded or EndReason.Unresponsive
            && core.Logger.IsEnabled(LogLevel.Information))
        {
            All.GetValue(core.Logger, static logger => new(logger)).Add(core, end);
        }
    }

    /// <summary>A server has stopped: what is counted is logged now.</summary>
    internal static void Flush(ILogger logger)
    {
        if (All.TryGetValue(logger, out var ends))
        {
            ends.Tell();
        }
    }

    private void Add(ConnectionCore core, ConnectionEnd end)
    {
        if (TryTakeUp(core.Time, out var tellIn))
        {
            using (Log.BeginConnection(logger, core.Id))
            {
                Log.EndedAbnormally(logger, core.Id, core.RemoteAddress, end.Reason, end.BytesReceived, end.BytesSent);
            }
        }
        else if (tellIn is { } soon)
        {
            var timer = core.Time.CreateTimer(static self => ((AbnormalEnds)self!).Tell(), this, soon, Timeout.InfiniteTimeSpan);
            Volatile.Write(ref _telling, timer);
        }
    }

    /// <returns>Whether this one is logged; otherwise it is counted, and the first one has to see to it that the count is told.</returns>
    private bool TryTakeUp(TimeProvider time, out TimeSpan? tellIn)
    {
        tellIn = null;
        lock (_lock)
        {
            var elapsed = _time == time ? time.GetElapsedTime(_began) : Second;
            if (elapsed >= Second)
            {
                (_time, _began, _logged, elapsed) = (time, time.GetTimestamp(), 0, TimeSpan.Zero);
            }
            if (_logged < MostInASecond)
            {
                _logged++;
                return true;
            }
            _skipped++;
            if (!_willTell)
            {
                _willTell = true;
                tellIn = Second - elapsed;
            }
            return false;
        }
    }

    private void Tell()
    {
        int skipped;
        lock (_lock)
        {
            (skipped, _skipped, _willTell) = (_skipped, 0, false);
        }
        Interlocked.Exchange(ref _telling, null)?.Dispose();
        if (skipped > 0)
        {
            Log.AbnormalEndsSkipped(logger, skipped, MostInASecond);
        }
    }
}
