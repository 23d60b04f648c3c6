using System.Runtime;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// Looks every few milliseconds whether each loop still runs the callback that it ran before, and has the loop taken over when one lasts
/// too long. What the handler did not cause does not count: collections, late ticks of the watchdog itself (the machine is busy, or the
/// process was stopped), and a little compiling, which a handler's first callback brings. While no loop has anything to do the watchdog
/// sleeps.
/// </summary>
internal sealed class Watchdog
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LateTick = TimeSpan.FromMilliseconds(20);
    // in one callback: the runtime gives the sum of all threads, and compiles in the background for seconds
    private static readonly TimeSpan MostCompiling = TimeSpan.FromMilliseconds(10);
    private const int QuietTicksBeforeSleep = 100;

    private readonly Loop[] _loops;
    private readonly int _quietTicksBeforeSleep;
    private readonly Observation[] _observations;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _asleep;
    private int _awakenings;

    /// <param name="loops">The loops to look at.</param>
    /// <param name="runs">False: there is no thread, and a test calls <see cref="Look"/>.</param>
    /// <param name="quietTicksBeforeSleep">After this many looks at loops that do nothing, the watchdog sleeps.</param>
    internal Watchdog(Loop[] loops, bool runs = true, int quietTicksBeforeSleep = QuietTicksBeforeSleep)
    {
        _loops = loops;
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
                _wake.WaitOne(Tick);
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
        var any = false;
        for (var i = 0; i < _loops.Length; i++)
        {
            var (word, callbacks) = (_loops[i].Word, _loops[i].Callbacks);
            ref var seen = ref _observations[i];
            var isSame = seen.Word == word && seen.Callbacks == callbacks;
            any |= !isSame || (word & 1) != 0;
            seen = isSame && passed.Time <= LateTick ? seen.After(passed) : new(word, callbacks, TimeSpan.Zero, TimeSpan.Zero);
            if ((word & 1) != 0 && seen.For - (seen.Compiling < MostCompiling ? seen.Compiling : MostCompiling) >= Patience)
            {
                _loops[i].Threads.TryTakeOver(word);
            }
        }
        return any;
    }

    /// <summary>A loop as it was seen, and for how long it has been like that.</summary>
    private readonly record struct Observation(long Word, long Callbacks, TimeSpan For, TimeSpan Compiling)
    {
        internal Observation After(Clock passed) =>
            this with { For = For + passed.Time - passed.Collecting, Compiling = Compiling + passed.Compiling };
    }

    /// <summary>Time that has passed, and what the runtime did in it.</summary>
    internal readonly record struct Clock(TimeSpan Time, TimeSpan Collecting, TimeSpan Compiling)
    {
        internal static readonly Clock Late = new(TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.Zero);

        internal static Clock Now() => new(TimeProvider.System.GetElapsedTime(0), GC.GetTotalPauseDuration(), JitInfo.GetCompilationTime());

        internal Clock Since(Clock earlier) => new(Time - earlier.Time, Collecting - earlier.Collecting, Compiling - earlier.Compiling);
    }
}
