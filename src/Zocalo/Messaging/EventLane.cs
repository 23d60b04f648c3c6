using System.Diagnostics.CodeAnalysis;

namespace Zocalo.Messaging;

/// <summary>
/// Events raised one at a time, in the order in which they were added, with no lock held: a handler may call back into what raises it, and
/// what happens by that is raised when it has returned.
/// </summary>
/// <param name="raise">Must not throw.</param>
/// <remarks>Thread-safe. Whoever finds nobody raising does, also for those who add meanwhile.</remarks>
internal sealed class EventLane<TEvent>(Action<TEvent> raise)
{
    private readonly Lock _lock = new();
    private readonly Queue<TEvent> _waiting = [];
    private bool _raising;

    internal void Add(TEvent one)
    {
        lock (_lock)
        {
            _waiting.Enqueue(one);
        }
    }

    /// <summary>Raises what waits, unless somebody is at it. To be called after <see cref="Add"/>, outside every lock.</summary>
    internal void Run()
    {
        lock (_lock)
        {
            if (_raising)
            {
                return;
            }
            _raising = true;
        }
        while (TryTake(out var next))
        {
            raise(next);
        }
    }

    private bool TryTake([MaybeNullWhen(false)] out TEvent next)
    {
        lock (_lock)
        {
            return _raising = _waiting.TryDequeue(out next);
        }
    }
}
