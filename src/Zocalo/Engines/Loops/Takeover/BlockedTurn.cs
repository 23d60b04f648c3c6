using System.Diagnostics;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// A handler blocks its loop's thread in a wait that the runtime can see: a task's, a lock's, a semaphore's. Where another thread can take
/// the loop over, it does. Where none can, and the handler waits for a task, nothing would ever complete that task: so it is told, instead
/// of hanging with everybody else.
/// </summary>
internal static class BlockedTurn
{
    private const int WaitTimeout = 0x102;      // WAIT_TIMEOUT

    private const int Patience = 10;            // milliseconds; a lock that is held for a moment is nobody's business
    private const int LastPatience = 1000;      // and then it is a hang

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
        var canTakeOver = loop.IsPrivate || loop.Engine.Watchdog is not null;
        if (!(canTakeOver && loop.Crew.TryTakeOver(Tenure.Current!.InUser)) && milliseconds < 0)
        {
            if (TryWait(handles, all, LastPatience, ref left, out result))
            {
                return result;
            }
            if (loop.IsHere && IsInTaskWait())
            {
                throw new InvalidOperationException(Advice);
            }
        }
        return LoopScheduler.WaitPlainly(handles, all, left);
    }

    private static bool TryWait(nint[] handles, bool all, int atMost, ref int left, out int result)
    {
        var now = left < 0 ? atMost : Math.Min(left, atMost);
        result = LoopScheduler.WaitPlainly(handles, all, now);
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
