using System.Diagnostics;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// A handler blocks its loop's thread in a wait that the runtime reports: for a task, a lock, a semaphore. Where another thread can take
/// the loop over, it does. Where none can, and the handler waits for a task, nothing would ever complete that task: the wait throws,
/// instead of hanging with every connection of the loop.
/// </summary>
internal static class BlockedCallback
{
    private const int WaitTimeout = 0x102;      // WAIT_TIMEOUT

    private const int Patience = 10;            // milliseconds; a lock that is held for a moment does no harm
    private const int LastPatience = 1000;      // after that it is a hang

    private const string Advice =
        "The handler waits for a task, which holds up its loop with every connection there, and on this engine no other thread can " +
        "take over: it would hang. " +
        "Await instead of blocking (no Wait, Result or GetAwaiter().GetResult()), or serve with ServerOptions.Placement = " +
        "HandlerPlacement.Pool, or choose the engine epoll with rescue.";

    internal static int Wait(Loop loop, nint[] handles, bool all, int milliseconds)
    {
        var left = milliseconds;
        if (TryWait(handles, all, Patience, ref left, out var result))
        {
            return result;
        }
        if (!(loop.CanBeTakenOver && loop.Threads.TryTakeOver(LoopOwnership.Current!.InUser)) && milliseconds < 0)
        {
            if (TryWait(handles, all, LastPatience, ref left, out result))
            {
                return result;
            }
            if (loop.IsOwner && IsInTaskWait())
            {
                throw new InvalidOperationException(Advice);
            }
        }
        return LoopScheduler.WaitWithoutTakeover(handles, all, left);
    }

    private static bool TryWait(nint[] handles, bool all, int atMost, ref int left, out int result)
    {
        var now = left < 0 ? atMost : Math.Min(left, atMost);
        result = LoopScheduler.WaitWithoutTakeover(handles, all, now);
        left -= left < 0 ? 0 : now;
        return result != WaitTimeout || left == 0;
    }

    private static bool IsInTaskWait()
    {
        foreach (var frame in new StackTrace().GetFrames())
        {
            if (DiagnosticMethodInfo.Create(frame)?.DeclaringTypeName is { } type
                && type.StartsWith("System.Threading.Tasks.Task", StringComparison.Ordinal))
            {
                return true;
            }
        }
        return false;
    }
}
