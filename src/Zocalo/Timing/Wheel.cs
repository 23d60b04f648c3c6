using System.Runtime.CompilerServices;

namespace Zocalo.Timing;

/// <summary>
/// Visits each connection from time to time, so that none needs a timer of its own and nothing is written down for a byte or a message: a
/// visit compares counters with those of the visit before. There is one wheel for each clock, for all connections that have this clock.
/// </summary>
/// <remarks>
/// Time is counted in ticks of the wheel that have certainly passed between two visits. If the process is stopped, the machine sleeps, or
/// the timer fires late, the visits come late, and what was missed is not counted: no peer is cut for time in which this side did not look.
/// <para>A timer that is late by less than a tick does not delay the next visits, so the wheel keeps its pace on a busy machine. Two visits
/// can therefore be closer together than was counted, by one tick at most; <see cref="ToTicks"/> adds it.</para>
/// <para>Thread-safe. The clock's timer makes the visits, one after the other and without a lock.</para>
/// </remarks>
internal sealed class Wheel
{
    /// <summary>In ticks: one turn of the wheel, so what is idle stays in its slot, and a visit writes no reference.</summary>
    internal const int LongestPeriod = Slots;

    private const int Slots = 64;

    // This number in a row have the same slot: they lie side by side in memory, and a visit mostly waits for memory.
    private const int Together = 32;
    private const double GoldenRatio = 0.6180339887498949;

    internal static readonly TimeSpan Tick = TimeSpan.FromSeconds(5) / LongestPeriod;

    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(1);
    private static readonly ConditionalWeakTable<TimeProvider, Wheel> All = [];

    private readonly Lock _lock = new();
    private readonly TimeProvider _time;
    private readonly long _unitsInTick;
    private readonly ITimer _timer;
    private readonly ITimer _background;    // the same, unless the clock is a simulation's or a test's
    private readonly VisitList[] _slots = new VisitList[Slots];
    private long _now;                      // the last tick whose visits have begun, or that passed without any
    private long _nowAt;                    // the timestamp of that tick
    private long? _armedFor;                // the tick for which a timer is set
    private bool _isTurning;
    private IVisited? _next;                // the one that is visited next, in the present slot
    private int _foreground;                // how many of those that are visited are not background
    private int _added;
    private int _spread;

    private Wheel(TimeProvider time)
    {
        _time = time;
        _unitsInTick = (long)(time.TimestampFrequency * Tick.TotalSeconds);
        _nowAt = time.GetTimestamp();
        TimerCallback turn = static wheel => ((Wheel)wheel!).Turn();
        using (ExecutionContext.IsFlowSuppressed() ? default : ExecutionContext.SuppressFlow())
        {
            _timer = time == TimeProvider.System
                ? new OwnTimer(turn, this)
                : time.CreateTimer(turn, this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            _background = (time as IBackgroundTimers)?.CreateBackgroundTimer(turn, this) ?? _timer;
        }
    }

    internal static Wheel Of(TimeProvider time) => All.GetValue(time, static time => new(time));

    /// <summary>How many ticks must have been counted so that this time has certainly passed.</summary>
    internal static int ToTicks(TimeSpan time) => (int)Math.Min(Math.Ceiling(time / Tick) + 1, int.MaxValue / 2);

    /// <summary>From 0 to 1: numbers that lie far apart, the same in each run.</summary>
    internal double Spread() => Interlocked.Increment(ref _spread) * GoldenRatio % 1;

    /// <summary>From now on it is visited.</summary>
    /// <param name="visited">New to the wheel.</param>
    /// <param name="period">The first visit comes within these ticks: many that begin together are spread over them.</param>
    internal void Add(IVisited visited, int period)
    {
        lock (_lock)
        {
            MoveForward();
            _foreground += visited.Node.IsBackground ? 0 : 1;
            var ticks = 1 + (int)((uint)_added++ / Together % (uint)Math.Min(period, LongestPeriod - 1));
            Insert(visited, _now + 1 + ticks, ticks);
        }
    }

    internal void Remove(IVisited visited)
    {
        lock (_lock)
        {
            ref var node = ref visited.Node;
            if (node.State != VisitState.Out)
            {
                Unlink(visited);
            }
            _foreground -= node.State == VisitState.Out || node.IsBackground ? 0 : 1;
            node.State = VisitState.Out;
        }
    }

    /// <summary>Visits it within <paramref name="ticks"/>, if its next visit is later than that.</summary>
    /// <param name="visited">Does nothing for one that is not in the wheel.</param>
    /// <param name="ticks">At least 1.</param>
    /// <param name="isBackground">Whether a simulation may stand still although this one waits for its limits.</param>
    internal void Hasten(IVisited visited, int ticks, bool isBackground)
    {
        lock (_lock)
        {
            ref var node = ref visited.Node;
            if (node.State == VisitState.Out)
            {
                return;
            }
            if (node.IsBackground && !isBackground)
            {
                node.IsBackground = false;
                _foreground++;
                _armedFor = null;       // the timer may be the wrong one
            }
            if (node.State == VisitState.Visited)
            {
                node.Ticks = (byte)ticks;       // for the end of the visit
                return;
            }
            MoveForward();
            var due = DueOf(node.Slot);
            var soon = Math.Min(due, _now + 1 + ticks);
            Unlink(visited);
            Insert(visited, soon, (int)(soon - (due - node.Ticks)));
        }
    }

    private void Turn()
    {
        lock (_lock)
        {
            if (_isTurning || _armedFor is not { } due)
            {
                return;
            }
            _isTurning = true;
            _armedFor = null;
            // If it is late by more than a tick, the rest of the delay is not counted.
            _nowAt = Math.Max(_nowAt + ((due - _now) * _unitsInTick), _time.GetTimestamp() - _unitsInTick);
            _now = due;
            _next = _slots[due % Slots].First;      // what is added from now on comes before it
        }
        while (TryGetNext(out var visited, out var ticks))
        {
            var next = Math.Clamp(visited.Visit(ticks), 1, LongestPeriod);
            lock (_lock)
            {
                ref var node = ref visited.Node;
                if (node.State == VisitState.Visited)
                {
                    GoOn(visited, node.Ticks > 0 ? Math.Min(next, node.Ticks) : next);
                }
            }
        }
        lock (_lock)
        {
            _isTurning = false;
            for (var tick = _now + 1; tick <= _now + Slots; tick++)
            {
                if (_slots[tick % Slots].First is not null)
                {
                    Arm(tick);
                    break;
                }
            }
        }
    }

    private bool TryGetNext(out IVisited visited, out int ticks)
    {
        lock (_lock)
        {
            visited = _next!;
            ticks = 0;
            if (visited is null)
            {
                return false;
            }
            ref var node = ref visited.Node;
            _next = node.Next;
            ticks = node.Ticks;
            (node.State, node.Ticks) = (VisitState.Visited, 0);
            return true;
        }
    }

    // From here on under the lock.

    /// <summary>Passes over the ticks that are over and had no visits.</summary>
    private void MoveForward()
    {
        if (_isTurning)
        {
            return;
        }
        var passed = (_time.GetTimestamp() - _nowAt) / _unitsInTick;
        passed = Math.Clamp(passed, 0, _armedFor is { } armed ? armed - 1 - _now : long.MaxValue);
        _now += passed;
        _nowAt += passed * _unitsInTick;
    }

    private long DueOf(int slot) => _now + 1 + ((slot - _now - 1) & (Slots - 1));

    /// <summary>A visit is over.</summary>
    private void GoOn(IVisited visited, int ticks)
    {
        if (ticks == LongestPeriod)
        {
            ref var node = ref visited.Node;
            (node.State, node.Ticks) = (VisitState.Waiting, (byte)ticks);
            return;
        }
        Unlink(visited);
        Insert(visited, _now + ticks, ticks);
    }

    private void Unlink(IVisited visited)
    {
        if (_next == visited)
        {
            _next = visited.Node.Next;
        }
        _slots[visited.Node.Slot].Remove(visited);
    }

    /// <param name="visited">In no slot.</param>
    /// <param name="due">The tick of its next visit.</param>
    /// <param name="ticks">What will have passed by then since the last one.</param>
    private void Insert(IVisited visited, long due, int ticks)
    {
        Invariants.Assert(due > _now && due <= _now + Slots && ticks is > 0 and <= Slots, "a visit lies within one turn of the wheel");
        ref var node = ref visited.Node;
        (node.State, node.Slot, node.Ticks) = (VisitState.Waiting, (byte)(due % Slots), (byte)ticks);
        _slots[node.Slot].Add(visited);
        if (!_isTurning && !(_armedFor <= due))
        {
            Arm(due);
        }
    }

    /// <summary>Sets the timer. No callback runs inside, because none is due at once.</summary>
    private void Arm(long due)
    {
        _armedFor = due;
        var late = _time.GetElapsedTime(_nowAt);
        var wait = ((due - _now) * Tick) - late;
        wait = wait > Soon ? wait : Soon;
        var (used, other) = _foreground > 0 ? (_timer, _background) : (_background, _timer);
        if (used != other)
        {
            other.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }
        used.Change(wait, Timeout.InfiniteTimeSpan);
    }
}
