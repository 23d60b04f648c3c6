using System.Runtime.InteropServices;

namespace Zocalo.Benchmarks.Heart;

/// <summary>What messages cost.</summary>
/// <param name="Undisturbed">Nanoseconds a message, in a slice that only one in twenty is faster than.</param>
/// <param name="Median">Nanoseconds a message, in the median slice: more than that when the machine is busy.</param>
/// <param name="Bytes">Bytes allocated a message, over all slices.</param>
internal readonly record struct MessageCost(double Undisturbed, double Median, double Bytes);

/// <summary>
/// Measures the loop in short slices of its thread's own processor time, which passes only while the thread runs. What else happens on a
/// busy machine slows some of the slices, so the fast ones are what repeats; the very fastest are not, since a processor's clock varies.
/// </summary>
/// <remarks>Called by the loop's thread.</remarks>
internal sealed partial class SliceMeter(int messageLength, int seconds)
{
    private const long ShortestSlice = 250_000;             // nanoseconds; none is twice as long, unless a round is
    private const int SlicesInSecond = 4000;
    private const int WarmUpSlices = 2 * SlicesInSecond;    // the runtime has compiled what is hot for speed by then
    private const int ThreadTime = 3;                       // CLOCK_THREAD_CPUTIME_ID, clock_gettime(2), Linux

    private readonly double[] _costs = new double[seconds * SlicesInSecond];
    private readonly TaskCompletionSource<MessageCost> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _slice = -WarmUpSlices;
    private int _rounds = 1;        // of a slice: doubled until it is long enough
    private int _roundsLeft = 1;
    private long _began;
    private long _sentBefore;
    private long _sentAtFirst;
    private long _allocatedAtFirst;

    internal Task<MessageCost> Result => _result.Task;

    /// <summary>A round begins: what has arrived before has been sent back.</summary>
    internal void OnRound(long arrived, long sent)
    {
        if (--_roundsLeft > 0)
        {
            return;
        }
        if (arrived != sent)
        {
            throw new InvalidOperationException($"{arrived} bytes have arrived, and {sent} came back.");
        }
        EndSlice(Now() - _began, sent);
        _roundsLeft = _rounds;
        _sentBefore = sent;
        _began = Now();
    }

    private void EndSlice(long nanoseconds, long sent)
    {
        if (_slice == _costs.Length)
        {
            return;     // the process is about to exit
        }
        if (_slice >= 0)
        {
            _costs[_slice] = (double)nanoseconds * messageLength / (sent - _sentBefore);
        }
        else if (nanoseconds < ShortestSlice)
        {
            _rounds *= 2;
        }
        _slice++;
        if (_slice == 0)
        {
            (_sentAtFirst, _allocatedAtFirst) = (sent, GC.GetAllocatedBytesForCurrentThread());
        }
        if (_slice == _costs.Length)
        {
            var allocated = GC.GetAllocatedBytesForCurrentThread() - _allocatedAtFirst;
            Array.Sort(_costs);
            _result.SetResult(new(
                _costs[_costs.Length / 20],
                _costs[_costs.Length / 2],
                (double)allocated * messageLength / (sent - _sentAtFirst)));
        }
    }

    private static long Now() =>
        GetTime(ThreadTime, out var time) == 0
            ? (time.Seconds * 1_000_000_000) + time.Nanoseconds
            : throw new PlatformNotSupportedException("clock_gettime(2) failed.");

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int GetTime(int clock, out TimeSpec time);

    [StructLayout(LayoutKind.Sequential)]
    private readonly struct TimeSpec
    {
        internal readonly nint Seconds;
        internal readonly nint Nanoseconds;
    }
}
