namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// One thread's ownership of a loop. A loop has one word, <c>epoch &lt;&lt; 1 | inUser</c>. While it says "in user code", another thread
/// may take the loop over, by a swap to the next epoch. The former owner then fails its next swap, on its way back or into the engine,
/// and knows that it owns nothing any more: the epoch is a fencing token.
/// </summary>
/// <remarks>Its members are called by the thread that it was given to.</remarks>
internal sealed class LoopOwnership(Loop loop, long epoch)
{
    [ThreadStatic]
    private static LoopOwnership? t_current;

    // System calls of one callback that are answered at once. Then other callbacks run: a peer that sends without pause would otherwise
    // keep the loop for itself.
    private const int CallsPerCallback = 32;

    // The first of them are made without a look at the time: an ordinary message needs no more.
    private const int UntimedCalls = 4;

    private int _depth = 1;     // calls into the engine that are in progress; 0 in user code

    /// <summary>The ownership of the calling thread, which may have lost it; null for a thread that never had one.</summary>
    internal static LoopOwnership? Current
    {
        get => t_current;
        set => t_current = value;
    }

    internal Loop Loop => loop;

    internal long Epoch => epoch;

    /// <summary>System calls that this callback may still make and have answered at once.</summary>
    internal int CallsLeft { get; private set; }

    /// <summary>The loop's word while this thread owns it and runs user code.</summary>
    internal long InUser => (epoch << 1) | 1;

    /// <summary>The loop's word while this thread owns it and is inside the engine.</summary>
    internal long InEngine => epoch << 1;

    /// <summary>A callback begins, or the dispatch of an event.</summary>
    internal void BeginCalls() => CallsLeft = CallsPerCallback;

    /// <returns>Whether it is one of the first calls, which need no look at the time.</returns>
    internal bool TryTakeUntimedCall() => --CallsLeft >= CallsPerCallback - UntimedCalls;

    /// <summary>User code calls into the engine: the loop cannot be taken over now.</summary>
    /// <returns>False when the loop was taken over before: the calling thread is a foreign thread.</returns>
    internal bool TryEnter()
    {
        if (_depth == 0 && !loop.TryMove(InUser, InEngine))
        {
            return false;
        }
        _depth++;
        return true;
    }

    internal void Leave()
    {
        if (--_depth == 0)
        {
            loop.MoveToUserCode(InUser);
        }
    }

    /// <summary>A callback of user code begins.</summary>
    internal void BeginCallback()
    {
        _depth = 0;
        loop.MoveToUserCode(InUser);
    }

    /// <summary>The callback is over.</summary>
    /// <returns>False when the loop was taken over meanwhile.</returns>
    internal bool TryEndCallback() => TryEnter();
}
