namespace Zocalo;

/// <summary>How an engine with threads of its own is set up. Immutable.</summary>
public sealed record EngineOptions
{
    private const int MostLoopsUnlessSet = 16;

    internal static EngineOptions Default { get; } = new();

    /// <summary>Event loops of <c>select</c> and <c>epoll</c>, a thread each; 0, unless set: as many as there are processors, at most
    /// 16.</summary>
    public int Loops
    {
        get;
        init => field = value is >= 0 and <= 1024
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Loops), value, $"Loops is {value}; it must be from 0 (one for each processor, at most 16) to 1024.");
    }

    /// <summary>
    /// Whether a loop of <c>epoll</c> that a handler holds up for more than 10 ms is taken over by another thread, and the connection moved
    /// to the thread pool until it has held up nothing for a minute. A connection whose handler makes the loop sleep for a shorter while,
    /// three times in a second, is moved there as well. Time for which the loop had no processor does not count. True unless set. At most
    /// 256 threads of a loop may be held up at once; then its connections' handlers run on the thread pool until one comes back.
    /// </summary>
    public bool Rescue { get; init; } = true;

    /// <summary>How many loops there are on this machine.</summary>
    internal int LoopsHere => LoopsFor(Environment.ProcessorCount);

    /// <summary>How many loops there are on a machine with this number of processors. One loop serves many connections, so a large machine
    /// needs no more than 16 of them.</summary>
    internal int LoopsFor(int processors) => Loops > 0 ? Loops : Math.Min(processors, MostLoopsUnlessSet);
}
