namespace Zocalo.Cli;

/// <summary>
/// Decides which lines about connections are written: a hundred beginnings and a hundred ends a second, and one line for
/// those that were left out: no person reads faster, and writing costs a server more than it is worth.
/// Thread-safe.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="report">Writes the line about what was left out.</param>
internal sealed class ConnectionLines(TimeProvider time, Action<string> report)
{
    /// <summary>Beginnings in a second, and ends.</summary>
    public const int MostPerSecond = 100;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly SortedDictionary<EndReason, int> _reasons = [];
    private long _began;
    private int _connected;
    private int _closed;
    private ITimer? _timer;     // set while a second with something left out lasts

    /// <summary>Whether a client's arrival is to be reported.</summary>
    public bool Connected() => IsReported(null);

    /// <summary>Whether a connection's end is to be reported.</summary>
    public bool Closed(EndReason reason) => IsReported(reason);

    /// <summary>Reports what has been left out so far.</summary>
    public void Conclude()
    {
        string? summary;
        lock (_lock)
        {
            summary = EndSecond();
        }
        Report(summary);
    }

    private bool IsReported(EndReason? end)
    {
        string? summary = null;
        bool isReported;
        lock (_lock)
        {
            if (time.GetElapsedTime(_began) >= Second)
            {
                summary = EndSecond();
            }
            var count = end is null ? ++_connected : ++_closed;
            isReported = count <= MostPerSecond;
            if (!isReported)
            {
                if (end is { } reason)
                {
                    _reasons[reason] = _reasons.GetValueOrDefault(reason) + 1;
                }
                _timer ??= time.CreateTimer(
                    static lines => ((ConnectionLines)lines!).Conclude(),
                    this,
                    Second - time.GetElapsedTime(_began),
                    Timeout.InfiniteTimeSpan);
            }
        }
        Report(summary);
        return isReported;
    }

    private void Report(string? summary)
    {
        if (summary is not null)
        {
            report(summary);
        }
    }

    private string? EndSecond()
    {
        var summary = _timer is null ? null : Summary(_connected - MostPerSecond, _closed - MostPerSecond);
        _timer?.Dispose();
        _timer = null;
        _reasons.Clear();
        _connected = _closed = 0;
        _began = time.GetTimestamp();
        return summary;
    }

    private string Summary(int connected, int closed)
    {
        var began = connected > 0 ? $"{connected} connected" : "";
        var reasons = string.Join(", ", _reasons.Select(each => $"{each.Value} {each.Key}"));
        var ended = closed > 0 ? $"{closed} closed ({reasons})" : "";
        return $"left out, since there were so many: {began}{(connected > 0 && closed > 0 ? ", " : "")}{ended}; --json tells all";
    }
}
