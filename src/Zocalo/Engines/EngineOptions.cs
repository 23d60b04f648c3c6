namespace Zocalo;

/// <summary>How an engine with threads of its own is set up. Immutable.</summary>
public sealed record EngineOptions
{
    internal static EngineOptions Default { get; } = new();

    /// <summary>Event loops of <c>select</c> and <c>epoll</c>, a thread each; 0, unless set: as many as there are processors.</summary>
    public int Loops
    {
        get;
        init => field = value is >= 0 and <= 1024
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(Loops), value, $"Loops is {value}; it must be from 0 (one for each processor) to 1024.");
    }

    /// <summary>
    /// Whether a loop of <c>epoll</c> that a handler holds up for more than 10 ms is taken over by another thread, and the connection moved
    /// to the thread pool. True unless set. At most 256 threads of a loop may be held up at once; then its connections' handlers run on the
    /// thread pool until one comes back.
    /// </summary>
    public bool Rescue { get; init; } = true;
}
