using System.Runtime;

namespace Zocalo.Engines.Readiness;

/// <summary>
/// Looks every few milliseconds whether a loop's turn of user code is still the one that it was, and has the loop taken over when one lasts too long. What was not the handler's doing does not
/// count: collections, compiling, and ticks of its own that came late (the machine is busy, or the process was stopped). While no loop has anything to do it sleeps.
/// </summary>
internal sealed class Watchdog
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan LateTick = TimeSpan.FromMilliseconds(20);
    private const int QuietTicksBeforeSleep = 100;

    private readonly Loop[] _loops;
    private readonly Observation[] _observations;
    private readonly AutoResetEvent _wake = new(false);
    private volatile bool _asleep;

    internal Watchdog(Loop[] loops)
    {
        _loops = loops;
        _observations = new Observation[loops.Length];
        new Thread(Run) { IsBackground = true, Name = "zocalo watchdog" }.UnsafeStart();
    }

    /// <summary>A loop begins a turn.</summary>
    internal void OnTurn()
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
            if (quiet < QuietTicksBeforeSleep || !TrySleep())
            {
                _wake.WaitOne(Tick);
            }
            var now = Clock.Now();
            var passed = now.Since(last);
            last = now;
            quiet = Look(passed) ? 0 : quiet + 1;
        }
    }

    /// <returns>False when a turn has begun meanwhile.</returns>
    private bool TrySleep()
    {
        _asleep = true;
        Interlocked.MemoryBarrierProcessWide();     // a loop that did not see it has counted its turn, and that is seen here
        if (Look(TimeSpan.MaxValue))
        {
            _asleep = false;
            return false;
        }
        _wake.WaitOne();
        return true;
    }

    /// <param name="passed">Since the last look, less what counts for nobody.</param>
    /// <returns>Whether any loop has done anything.</returns>
    private bool Look(TimeSpan passed)
    {
        var any = false;
        for (var i = 0; i < _loops.Length; i++)
        {
            var (word, turns) = (_loops[i].Word, _loops[i].Turns);
            ref var seen = ref _observations[i];
            var isSame = seen.Word == word && seen.Turns == turns;
            any |= !isSame || (word & 1) != 0;
            seen = new(word, turns, !isSame || passed > LateTick ? TimeSpan.Zero : seen.For + passed);
            if ((word & 1) != 0 && seen.For >= Patience)
            {
                _loops[i].Crew.TryTakeOver(word);
            }
        }
        return any;
    }

    private readonly record struct Observation(long Word, long Turns, TimeSpan For);

    private readonly record struct Clock(long Timestamp, TimeSpan Collecting, TimeSpan Compiling)
    {
        internal static Clock Now() => new(TimeProvider.System.GetTimestamp(), GC.GetTotalPauseDuration(), JitInfo.GetCompilationTime());

        internal TimeSpan Since(Clock earlier)
        {
            var passed = TimeProvider.System.GetElapsedTime(earlier.Timestamp, Timestamp) - (Collecting - earlier.Collecting);
            var compiling = Compiling - earlier.Compiling;
            passed -= compiling < passed ? compiling : passed;
            return passed > TimeSpan.Zero ? passed : TimeSpan.Zero;
        }
    }
}
