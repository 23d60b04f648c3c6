namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// One thread's time as the owner of a loop. A loop has one word, <c>epoch &lt;&lt; 1 | inUser</c>: while it says "in user code", another
/// thread may take the loop over by moving it to the next epoch; a thread that then comes back, or calls into the engine, finds its epoch
/// gone and knows that it owns nothing any more.
/// </summary>
/// <remarks>Its members are called by the thread whose tenure it is.</remarks>
internal sealed class Tenure(Loop loop, long epoch)
{
    [ThreadStatic]
    private static Tenure? t_current;

    // So many system calls of one turn are answered at once; then it is the others' turn. A peer that sends without pause would otherwise
    // keep the loop for itself.
    private const int CallsOfATurn = 32;

    // And so many of them without a look at the time: an ordinary message needs no more.
    private const int UntimedCalls = 4;

    private int _depth = 1;     // calls into the engine that are going on; 0 in user code

    /// <summary>The loop that this thread owns, or believes it does.</summary>
    internal static Tenure? Current
    {
        get => t_current;
        set => t_current = value;
    }

    internal Loop Loop => loop;

    internal long Epoch => epoch;

    /// <summary>System calls that this turn may yet make and be answered at once.</summary>
    internal int CallsLeft { get; private set; }

    /// <summary>A turn, or an event that is told.</summary>
    internal void BeginCalls() => CallsLeft = CallsOfATurn;

    /// <returns>Whether it is one of the first, which need no look at the time.</returns>
    internal bool TryTakeUntimedCall() => --CallsLeft >= CallsOfATurn - UntimedCalls;

    /// <summary>User code calls into the engine: nobody may take the loop over now.</summary>
    /// <returns>False when it was taken over before: the thread is a stranger here.</returns>
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

    /// <summary>A turn of user code begins.</summary>
    internal void BeginTurn()
    {
        _depth = 0;
        loop.MoveToUserCode(InUser);
    }

    /// <summary>It is over.</summary>
    /// <returns>False when the loop was taken over meanwhile.</returns>
    internal bool TryEndTurn() => TryEnter();

    /// <summary>The words of this tenure.</summary>
    internal long InUser => (epoch << 1) | 1;

    internal long InEngine => epoch << 1;
}
