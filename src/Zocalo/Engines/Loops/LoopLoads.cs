namespace Zocalo.Engines.Loops;

/// <summary>
/// Spreads connections over the loops of an engine by their work: a new one goes to the loop that has run the fewest callbacks in the last
/// second, and among equals to the one with the fewest connections. The counters are compared once a second, as long as there is anything
/// to compare. A loop that seems to be blocked comes last: it runs few callbacks. Thread-safe.
/// </summary>
internal sealed class LoopLoads
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Blocked = TimeSpan.FromMilliseconds(5);        // in one callback

    private readonly Lock _lock = new();
    private readonly Load[] _loads;
    private readonly TimeProvider _clock;
    private readonly ITimer _timer;
    private bool _isCounting;
    private int _turn;      // among equals each in turn

    /// <param name="loops">All loops of the engine.</param>
    /// <param name="clock">Whose seconds they are.</param>
    internal LoopLoads(Loop[] loops, TimeProvider clock)
    {
        _clock = clock;
        _loads = Array.ConvertAll(loops, static loop => new Load(loop));
        // The engine outlives whoever used it first: nothing of theirs flows into its timer.
        using AsyncFlowControl? flow = ExecutionContext.IsFlowSuppressed() ? null : ExecutionContext.SuppressFlow();
        _timer = clock.CreateTimer(
            static loads => ((LoopLoads)loads!).EndSecond(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <returns>The loop of the next connection, which it counts already.</returns>
    internal Loop Reserve()
    {
        lock (_lock)
        {
            if (!_isCounting)
            {
                _isCounting = true;
                Array.ForEach(_loads, static load => load.BeginSecond());
                _timer.Change(Second, Timeout.InfiniteTimeSpan);
            }
            foreach (var load in _loads)
            {
                load.Meet(_clock);
            }
            var expected = ExpectedOfOne();
            var best = _loads[_turn++ % _loads.Length];
            for (var i = 0; i < _loads.Length; i++)
            {
                var other = _loads[(_turn + i) % _loads.Length];
                best = other.IsLessThan(best, expected) ? other : best;
            }
            _turn %= _loads.Length;
            best.Newcomers++;
            best.Loop.Retain();
            return best.Loop;
        }
    }

    private void EndSecond()
    {
        lock (_lock)
        {
            Array.ForEach(_loads, static load => load.EndSecond());
            _isCounting = Array.Exists(_loads, static load => load.Callbacks > 0 || load.Newcomers > 0);
            Array.ForEach(_loads, static load => load.BeginSecond());
            if (_isCounting)
            {
                _timer.Change(Second, Timeout.InfiniteTimeSpan);
            }
        }
    }

    /// <returns>How many callbacks a second a newcomer is expected to need: as many as the others, of whom something is known.</returns>
    private long ExpectedOfOne()
    {
        long callbacks = 0, users = 0;
        foreach (var load in _loads)
        {
            callbacks += load.Callbacks;
            users += load.Loop.Users - load.Newcomers;
        }
        return callbacks == 0 ? 0 : Math.Max(1, callbacks / Math.Max(1, users));
    }

    /// <summary>What a loop has to do.</summary>
    private sealed class Load(Loop loop)
    {
        private long _atBegin;
        private (long Word, long Callbacks) _met;       // by a newcomer
        private long _metAt;                            // a timestamp
        private bool _isBlocked;

        internal Loop Loop => loop;

        /// <summary>Callbacks that it ran in the last second.</summary>
        internal long Callbacks { get; private set; }

        /// <summary>Connections that it got since: their work is not in <see cref="Callbacks"/>.</summary>
        internal int Newcomers { get; set; }

        internal void BeginSecond() => (_atBegin, Newcomers) = (loop.Callbacks, 0);

        /// <summary>A newcomer comes, and meets the loop in a callback, or in none.</summary>
        internal void Meet(TimeProvider clock)
        {
            var now = (loop.Word, loop.Callbacks);
            if (now != _met)
            {
                (_met, _metAt) = (now, clock.GetTimestamp());
            }
            _isBlocked = (now.Word & 1) != 0 && !loop.IsOwner && clock.GetElapsedTime(_metAt) >= Blocked;
        }

        internal void EndSecond() => Callbacks = loop.Callbacks - _atBegin;

        internal bool IsLessThan(Load other, long expected) =>
            (_isBlocked, Work(expected), loop.Users).CompareTo((other._isBlocked, other.Work(expected), other.Loop.Users)) < 0;

        private long Work(long expected) => Callbacks + (Newcomers * expected);
    }
}
