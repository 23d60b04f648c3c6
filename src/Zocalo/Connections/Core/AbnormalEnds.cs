using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Zocalo.Telemetry;

namespace Zocalo.Connections;

/// <summary>
/// Logs the connections that the peer or the network ended abnormally, so that an operator sees them without the level Debug. For each
/// logger up to <see cref="MostInASecond"/> in a second are logged one by one. The rest is counted, and the count is logged when the second
/// is over. Thread-safe.
/// </summary>
/// <remarks>
/// A reset is not one of them: many clients hang up that way. What this side did (abort, a deadline, a handler's failure) is known on this
/// side already.
/// </remarks>
internal sealed class AbnormalEnds(ILogger logger)
{
    /// <summary>A peer can break the protocol thousands of times in a second; the log must not fail then.</summary>
    internal const int MostInASecond = 20;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly ConditionalWeakTable<ILogger, AbnormalEnds> All = [];

    private readonly Lock _lock = new();
    private TimeProvider? _time;
    private long _began;            // the current second, by that clock
    private int _logged;            // logged in this second
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

    /// <summary>A server has stopped: logs the count now.</summary>
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

    /// <returns>Whether this one is logged. Otherwise it is counted, and the first one that is counted must arrange that the count is
    /// logged.</returns>
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
