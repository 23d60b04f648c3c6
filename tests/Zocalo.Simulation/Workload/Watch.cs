using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>Knows every pending operation and the time by which it must have ended: a later one is a violation, which names it. It checks
/// every few seconds of simulated time.</summary>
internal sealed class Watch : IDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly SimulatedTime _time;
    private readonly Action<string, Conversation?> _onHang;
    private readonly List<Operation> _underWay = [];
    private readonly ITimer _timer;

    internal Watch(SimulatedTime time, Action<string, Conversation?> onHang)
    {
        (_time, _onHang) = (time, onHang);
        _timer = time.CreateTimer(static self => ((Watch)self!).Look(), this, Interval, Interval);
    }

    /// <summary>An operation of a client, or one without a connection: it has a time limit of its own.</summary>
    internal Operation Begin(string what, TimeSpan within, Conversation? talk = null) => new(this, what, talk, within);

    /// <summary>An operation of a server, which may wait as long as its client is there.</summary>
    internal Operation Serve(string what, Conversation talk) => new(this, what, talk, null);

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        var now = _time.Elapsed;
        foreach (var operation in _underWay)
        {
            if (operation.DueAt is { } due && due < now)
            {
                _onHang($"{operation} hangs: begun at {operation.BegunAt}, it should have ended by {due}", operation.Talk);
                return;
            }
        }
    }

    /// <summary>An awaited operation; disposed when it has ended.</summary>
    internal sealed class Operation : IDisposable
    {
        private readonly Watch _watch;
        private readonly string _what;
        private readonly TimeSpan? _within;

        internal Operation(Watch watch, string what, Conversation? talk, TimeSpan? within)
        {
            (_watch, _what, Talk, _within) = (watch, what, talk, within);
            BegunAt = watch._time.Elapsed;
            Place = watch._underWay.Count;
            watch._underWay.Add(this);
        }

        internal Conversation? Talk { get; }

        internal TimeSpan BegunAt { get; }

        internal TimeSpan? DueAt => _within is { } within ? BegunAt + within + Promises.Yields
            : Talk!.Client.EndedAt is { } gone ? (gone > BegunAt ? gone : BegunAt) + Promises.Aftermath + Promises.Yields
            : null;

        private int Place { get; set; }

        public void Dispose()
        {
            var all = _watch._underWay;
            all[Place] = all[^1];
            all[Place].Place = Place;
            all.RemoveAt(all.Count - 1);
        }

        public override string ToString() => $"{_what} of {Talk?.ToString() ?? "the workload"}";
    }
}
