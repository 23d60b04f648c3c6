using System.Diagnostics.CodeAnalysis;

namespace Zocalo.Messaging;

/// <summary>
/// Raises events one at a time, in the order in which they were added, without holding a lock. An event handler may call back into the
/// source of the events; an event that this causes is raised when the handler has returned.
/// </summary>
/// <param name="raise">Must not throw.</param>
/// <remarks>Thread-safe. If no thread is raising events, the calling thread does, including those that other threads add
/// meanwhile.</remarks>
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

    /// <summary>Raises the events that wait, unless another thread is doing so. Must be called after <see cref="Add"/>, without holding a
    /// lock.</summary>
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
