using System.Diagnostics;
using Zocalo.Engines;

namespace Zocalo.Testing.Simulation;

/// <summary>
/// Runs a simulation: one step after the other, on one thread, in an order that the seed decides. When nothing can run, time jumps to the
/// next timer.
/// </summary>
/// <remarks>
/// <para>The method that makes the simulation runs on its caller's thread until its first await, and the scheduler runs nothing
/// (<see cref="State.Entering"/>). <see cref="SimulationMark"/> reports that await.</para>
/// <para>Thread-safe, so that escaped code does no harm; but the seed no longer decides the order then, and the escape is recorded.</para>
/// </remarks>
internal sealed class SimulationScheduler : EngineScheduler
{
    private enum State
    {
        Entering,       // the method that makes the simulation runs, on its caller's thread
        Running,
        Ending,         // ready work runs, no time passes
        Ended,
    }

    private const int StepsInAnInstant = 10_000;
    private static readonly TimeSpan Instant = TimeSpan.FromMilliseconds(1);

    // Real time in which escaped code may come back; after it, a simulation with nothing to run is at a standstill.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly object _lock = new();      // an object for Monitor.Wait, which Lock does not have
    private readonly RunQueue _runQueue;
    private readonly List<YieldedStep> _yielded = [];       // the steps that wait for a time
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Action<string> _onStandstill;
    private long _now;
    private int _steps;
    private WorkItem _last;
    private State _state;
    private string _maker = "";
    private Thread _thread = Thread.CurrentThread;

    /// <param name="order">Decides which ready work runs next.</param>
    /// <param name="onStandstill">Called on the simulation's thread with the reason why nothing will happen any more.</param>
    internal SimulationScheduler(SeededRandom order, Action<string> onStandstill)
    {
        _runQueue = new RunQueue(order);
        _onStandstill = onStandstill;
        Timers = new TimerQueue(_lock, () => _now, OnTimerSet);
        Time = new SimulatedTime(this);
    }

    internal override SimulatedTime Time { get; }

    internal TimerQueue Timers { get; }

    internal override EngineScheduler ForBlockingCode => this;

    internal SimulatedTime NewClock() => new(this);

    /// <summary>Ticks since the start.</summary>
    internal long Now => Volatile.Read(ref _now);

    /// <summary>Whether the calling thread is the simulation's.</summary>
    internal bool IsHere => _thread == Thread.CurrentThread;

    internal EscapeLog Escapes { get; } = new();

    /// <summary>An exception of work that is not awaited.</summary>
    internal Exception? Unhandled { get; private set; }

    internal TimeSpan TimeLimit { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Makes the calling method part of the simulation, from here on.</summary>
    internal void Enter()
    {
        _maker = WorkItem.NameOf(new StackTrace());
        SynchronizationContext.SetSynchronizationContext(this);
        SimulationMark.Set(this);
    }

    /// <summary>The thread of the method that makes the simulation has left: the simulation's own thread takes over.</summary>
    internal void Start()
    {
        lock (_lock)
        {
            if (_state != State.Entering)
            {
                return;
            }
            _state = State.Running;
            _thread = new Thread(Loop) { IsBackground = true, Name = "simulation" };
        }
        _thread.UnsafeStart();
    }

    /// <summary>Runs everything that is ready and nothing that would have to wait; then the simulation is over. Code that awaits this
    /// method resumes outside of it.</summary>
    internal Task EndAsync()
    {
        Start();
        lock (_lock)
        {
            if (_state == State.Running)
            {
                _state = State.Ending;
                foreach (var step in _yielded)
                {
                    _runQueue.Add(new(step));      // it could have run earlier
                }
                Monitor.Pulse(_lock);
            }
        }
        return _ended.Task;
    }

    /// <summary>The mark of this simulation has left a thread.</summary>
    internal void OnMarkLeft()
    {
        if (_state == State.Entering && IsHere)
        {
            Start();
        }
    }

    /// <summary>The mark of this simulation has come to a thread, with code that resumes there.</summary>
    internal void OnMarkCame()
    {
        lock (_lock)
        {
            if (!IsHere && _state != State.Ended)
            {
                NoteEscape($"code of the simulation went on; the last step before that was {(_state == State.Entering ? _maker : _last)}");
            }
        }
    }

    internal override void Post(IThreadPoolWorkItem work)
    {
        if (!TryAdd(new(work)))
        {
            ThreadPool.UnsafeQueueUserWorkItem(work, preferLocal: false);
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        if (!TryAdd(new(d, state)))
        {
            ThreadPool.QueueUserWorkItem(d.Invoke, state, preferLocal: false);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (!IsHere)
        {
            throw new NotSupportedException("A simulation runs nothing while another thread waits for it: await instead.");
        }
        d(state);
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>Lets other ready work run first, or all work of a time span.</summary>
    /// <returns>False if that is not possible; otherwise <paramref name="others"/> completes after that work.</returns>
    internal bool TryYield(TimeSpan time, out Task others)
    {
        var step = new YieldedStep();
        others = step.Over;
        lock (_lock)
        {
            if (!IsHere || _state is State.Ending or State.Ended)
            {
                return false;
            }
            if (time == TimeSpan.Zero)
            {
                _runQueue.Add(new(step));
                return true;
            }
            _yielded.Add(step);
            Timers.SetUnsynchronized(new QueuedTimer(Timers, OnYieldOver, step), time, Timeout.InfiniteTimeSpan);
        }
        return true;
    }

    private void OnYieldOver(object? state)
    {
        var step = (YieldedStep)state!;
        lock (_lock)
        {
            _yielded.Remove(step);
        }
        step.Execute();
    }

    private void OnTimerSet()
    {
        if (!IsHere && _state != State.Ended)
        {
            NoteEscape("a timer was set");
        }
    }

    private bool TryAdd(WorkItem work)
    {
        lock (_lock)
        {
            if (_state == State.Ended)
            {
                return false;       // the code resumes outside
            }
            if (!IsHere)
            {
                NoteEscape(work.ToString());
            }
            _runQueue.Add(work);
            return true;
        }
    }

    private void NoteEscape(string what)
    {
        Escapes.Add($"{what}, on thread {Environment.CurrentManagedThreadId}{Environment.NewLine}{Environment.StackTrace}");
        Monitor.Pulse(_lock);       // the simulation's own thread may be waiting
    }

    private void Loop()
    {
        SimulationMark.Set(this);
        var home = ExecutionContext.Capture()!;
        while (TryTake(out var work))
        {
            _last = work;
            SynchronizationContext.SetSynchronizationContext(work.WantsContext ? this : null);
            try
            {
                work.Run();
            }
            catch (Exception error)
            {
                Unhandled ??= error;
            }
            ExecutionContext.Restore(home);     // a step's asynchronous locals are its own
        }
        _ended.SetResult();
    }

    /// <summary>Takes the next step, after a jump of time if nothing is ready.</summary>
    /// <returns>False when the simulation is over.</returns>
    private bool TryTake(out WorkItem work)
    {
        string reason;
        lock (_lock)
        {
            while (true)
            {
                if (_runQueue.Count > 0 && !IsOverdue())
                {
                    work = _runQueue.Take();
                    return true;
                }
                if (_state == State.Ending)
                {
                    _state = State.Ended;
                    work = default;
                    return false;
                }
                var due = 0L;
                if (Timers.Count > 0 && Timers.TryPeek(out due) && due <= TimeLimit.Ticks)      // no time passes for background timers
                {
                    _now = Math.Max(_now, due);
                    _steps = 0;
                    work = new(Timers.Take());
                    return true;
                }
                if (due > 0 || !Monitor.Wait(_lock, Patience))
                {
                    reason = due > 0
                        ? $"the simulation has reached its limit of {TimeLimit}"
                        : "everything waits, and nothing is set to happen any more";
                    break;
                }
            }
        }
        work = new(_ => ReportStandstill(reason), null);
        return true;
    }

    /// <summary>Code that never waits would stop time for all other code: after this many steps at the same time, a short time
    /// passes.</summary>
    private bool IsOverdue()
    {
        if (++_steps == StepsInAnInstant)
        {
            _steps = 0;
            _now += Instant.Ticks;
        }
        return _state != State.Ending && Timers.TryPeek(out var due) && due < _now;
    }

    /// <summary>Reports the standstill once, then waits for work or for the end of the simulation.</summary>
    private void ReportStandstill(string reason)
    {
        _onStandstill(reason);
        lock (_lock)
        {
            while (_runQueue.Count == 0 && _state == State.Running)
            {
                Monitor.Wait(_lock);
            }
        }
    }
}
