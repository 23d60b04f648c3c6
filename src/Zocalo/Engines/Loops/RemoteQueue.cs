using System.Runtime.InteropServices;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops;

/// <summary>
/// What other threads post to a loop. They add it and, if the loop sleeps, wake the loop; the owner moves everything to its run queue after
/// each wait. Thread-safe.
/// </summary>
internal sealed class RemoteQueue(IPoller poller)
{
    private readonly Lock _lock = new();
    private List<WorkItem>? _items;
    private volatile bool _any;
    private bool _closed;
    private int _sleeping;

    /// <returns>False when the loop has ended.</returns>
    internal bool TryPost(in WorkItem item)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }
            (_items ??= []).Add(item);
            _any = true;
            // No plain read before it: the exchange is the fence between adding and looking, as it is in TrySleep.
            if (Interlocked.Exchange(ref _sleeping, 0) != 0)
            {
                poller.Wake();      // under the lock: a loop that ended meanwhile would have closed what this writes to
            }
        }
        return true;
    }

    /// <summary>The owner is about to wait.</summary>
    /// <returns>False when work was posted already.</returns>
    internal bool TrySleep()
    {
        Interlocked.Exchange(ref _sleeping, 1);     // before looking: a thread that adds afterwards sees it
        return !_any;
    }

    internal void Awake() => Volatile.Write(ref _sleeping, 0);

    internal void MoveTo(RunQueue queue)
    {
        if (!_any)
        {
            return;
        }
        lock (_lock)
        {
            foreach (ref readonly var item in CollectionsMarshal.AsSpan(_items))
            {
                queue.Enqueue(item);
            }
            _items!.Clear();
            _any = false;
        }
    }

    /// <summary>The loop is about to end.</summary>
    /// <returns>False when work was posted, and the loop must run it.</returns>
    internal bool TryClose()
    {
        lock (_lock)
        {
            return _closed = !_any;
        }
    }
}
