using System.Runtime;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// Looks every few milliseconds whether each loop still runs the callback that it ran before. It has the loop taken over when one lasts
/// too long, and marks the connection of one that sleeps for a shorter while. What the handler did not cause does not count: collections,
/// time for which the loop's thread was ready and had no processor (<see cref="ThreadTimes"/>), late ticks of the watchdog itself (the
/// machine is busy, or the process was stopped), and a little compiling, which a handler's first callback brings, or waits for: the longer,
/// the longer this thread waits for a processor. While no loop has anything to do the watchdog sleeps.
/// </summary>
/// <remarks>A look costs the processor 20 to 40 µs, nearly all of it to wake up. So it looks seldom, as long as callbacks are
/// short.</remarks>
internal sealed class Watchdog
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    // for a while after a callback was met asleep, or twice: a sleep of 5 ms is to be met twice
    private static readonly TimeSpan ShortTick = TimeSpan.FromMilliseconds(2);
    private const int ShortTicksInARow = 100;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan ShortSleep = TimeSpan.FromMilliseconds(2);
    private static readonly TimeSpan LateTick = TimeSpan.FromMilliseconds(20);
    // In one callback, while the runtime compiles. It says when it has compiled something, for all threads together, and not when it
    // begins; and at the start it compiles in the background for seconds.
    private static readonly TimeSpan MostCompiling = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan AfterCompiling = TimeSpan.FromMilliseconds(100);
    // Compiling takes as many times longer as a thread has to wait for a processor, up to this.
    private const double MostSlowdown = 10;
    private const int QuietTicksBeforeSleep = 100;

    private readonly Loop[] _loops;
    private readonly OwnerTimes[] _owners;
    private readonly Func<Loop, ThreadTimes?>? _times;
    private readonly int _quietTicksBeforeSleep;
    private readonly Observation[] _observations;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _asleep;
    private int _shortTicks;        // so many of the next ticks are short
    private TimeSpan _sinceCompiling = AfterCompiling;
    private int _awakenings;

    /// <param name="loops">The loops to look at.</param>
    /// <param name="runs">False: there is no thread, and a test calls <see cref="Look"/>.</param>
    /// <param name="quietTicksBeforeSleep">After this many looks at loops that do nothing, the watchdog sleeps.</param>
    /// <param name="times">The times of the thread that owns a loop; null: the system's.</param>
    internal Watchdog(
        Loop[] loops, bool runs = true, int quietTicksBeforeSleep = QuietTicksBeforeSleep, Func<Loop, ThreadTimes?>? times = null)
    {
        _loops = loops;
        _owners = new OwnerTimes[loops.Length];
        _times = times;
        _quietTicksBeforeSleep = quietTicksBeforeSleep;
        _observations = new Observation[loops.Length];
        if (runs)
        {
            new Thread(Run) { IsBackground = true, Name = "zocalo watchdog" }.UnsafeStart();
        }
    }

    /// <summary>It waits for the next callback of any loop. Read from any thread.</summary>
    internal bool IsAsleep => _asleep;

    /// <summary>How often a callback woke it. Read from any thread.</summary>
    internal int Awakenings => Volatile.Read(ref _awakenings);

    /// <summary>A loop begins a callback.</summary>
    internal void OnCallback()
    {
        if (_asleep)
        {
            _asleep = false;
            _wake.Set();
        }
    }

    private void Run()
    {
        var quiet = 0;
        var last = Clock.Now();
        while (true)
        {
            if (quiet < _quietTicksBeforeSleep || !TrySleep())
            {
                // For nothing, with a limit: a wait for the event with a limit costs twice as much.
                PollCalls.Wait(default, (int)(_shortTicks > 0 ? ShortTick : Tick).TotalMilliseconds);
            }
            var now = Clock.Now();
            quiet = Look(now.Since(last)) ? 0 : quiet + 1;
            last = now;
        }
    }

    /// <returns>False when a callback has begun meanwhile.</returns>
    private bool TrySleep()
    {
        _asleep = true;
        Interlocked.MemoryBarrierProcessWide();     // a loop that did not see the flag has counted its callback, which is seen here
        if (Look(Clock.Late))
        {
            _asleep = false;
            return false;
        }
        _wake.WaitOne();
        Volatile.Write(ref _awakenings, _awakenings + 1);
        return true;
    }

    /// <param name="passed">Since the last look.</param>
    /// <returns>Whether any loop has done anything.</returns>
    internal bool Look(Clock passed)
    {
        var (any, isAnyLong) = (false, false);
        _sinceCompiling = passed.Compiling > TimeSpan.Zero ? TimeSpan.Zero
            : passed.Time < AfterCompiling ? _sinceCompiling + passed.Time
            : AfterCompiling;
        for (var i = 0; i < _loops.Length; i++)
        {
            var (word, callbacks) = (_loops[i].Word, _loops[i].Callbacks);
            var isInCallback = (word & 1) != 0;
            var thread = isInCallback ? TimesOf(i) : null;
            ref var seen = ref _observations[i];
            var isSame = seen.Word == word && seen.Callbacks == callbacks;
            any |= !isSame || isInCallback;
            isAnyLong |= isInCallback && (isSame || thread is { IsRunnable: false });
            seen = isSame && passed.Time <= LateTick ? seen.After(passed, thread) : new(word, callbacks, thread);
            if (isInCallback)
            {
                Judge(_loops[i], ref seen);
            }
        }
        _shortTicks = isAnyLong ? ShortTicksInARow : Math.Max(0, _shortTicks - 1);
        return any;
    }

    private ThreadTimes? TimesOf(int i) => _times is not null ? _times(_loops[i]) : _owners[i].Read(_loops[i]);

    private void Judge(Loop loop, ref Observation seen)
    {
        var slowdown = _sinceCompiling < AfterCompiling ? seen.Slowdown : 1;        // what it waits for may be compiled elsewhere
        var compiling = seen.Compiling < MostCompiling ? seen.Compiling : MostCompiling;
        if (seen.For >= Patience + compiling + (MostCompiling * (slowdown - 1)))
        {
            loop.Threads.TryTakeOver(seen.Word);
        }
        else if (seen.Asleep >= ShortSleep * slowdown && !seen.IsMarked)
        {
            seen = seen with { IsMarked = true };
            loop.ConnectionOf(seen.Word, seen.Callbacks)?.OnSlept();
        }
    }

    /// <summary>A loop as it was seen, and for how long it has been like that.</summary>
    /// <param name="Word">The loop's word.</param>
    /// <param name="Callbacks">How many callbacks had begun.</param>
    /// <param name="Thread">What its thread had done at the last look; null if that is not known.</param>
    private readonly record struct Observation(long Word, long Callbacks, ThreadTimes? Thread)
    {
        /// <summary>How long the callback has run or slept.</summary>
        internal TimeSpan For { get; private init; }

        /// <summary>How long of that it has slept, as far as it is known.</summary>
        internal TimeSpan Asleep { get; private init; }

        /// <summary>What the runtime has compiled meanwhile.</summary>
        internal TimeSpan Compiling { get; private init; }

        /// <summary>Its connection was told of the sleep.</summary>
        internal bool IsMarked { get; init; }

        /// <summary>How many times longer everything takes for this thread, since others have its processor.</summary>
        internal double Slowdown => Thread is { } thread
            ? Math.Min(1 + (thread.Queued.Ticks / Math.Max(1.0, thread.Ran.Ticks)), MostSlowdown)
            : 1;

        internal Observation After(Clock passed, ThreadTimes? thread)
        {
            var time = passed.Time - passed.Collecting;
            var (ran, asleep) = (time, TimeSpan.Zero);
            if (Thread is { } before && thread is { } now)
            {
                ran = now.Ran - before.Ran;
                // A thread that waits for a processor does not know yet for how long.
                asleep = now.IsRunnable ? TimeSpan.Zero : Max(time - ran - (now.Queued - before.Queued), TimeSpan.Zero);
            }
            return this with
            {
                Thread = thread,
                For = For + ran + asleep,
                Asleep = Asleep + asleep,
                Compiling = Compiling + passed.Compiling,
            };
        }

        private static TimeSpan Max(TimeSpan one, TimeSpan other) => one > other ? one : other;
    }

    /// <summary>The times of the thread that owns a loop now.</summary>
    private struct OwnerTimes
    {
        private int _thread;
        private ThreadTimesReader? _reader;

        /// <returns>Null if they are not to be had.</returns>
        internal ThreadTimes? Read(Loop loop)
        {
            var owner = loop.OwnerThread;
            if (owner != _thread || _reader is null)
            {
                _reader?.Dispose();
                (_thread, _reader) = (owner, owner != 0 ? ThreadTimesReader.TryOpen(owner) : null);
            }
            return _reader?.Read();
        }
    }

    /// <summary>Time that has passed, and what the runtime did in it.</summary>
    internal readonly record struct Clock(TimeSpan Time, TimeSpan Collecting, TimeSpan Compiling)
    {
        internal static readonly Clock Late = new(TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.Zero);

        internal static Clock Now() => new(TimeProvider.System.GetElapsedTime(0), GC.GetTotalPauseDuration(), JitInfo.GetCompilationTime());

        internal Clock Since(Clock earlier) => new(Time - earlier.Time, Collecting - earlier.Collecting, Compiling - earlier.Compiling);
    }
}
