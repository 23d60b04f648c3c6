using System.Runtime.InteropServices;
using Zocalo.Engines.Polling;

namespace Zocalo.Engines.Loops;

/// <summary>
/// What other threads have for a loop. They add and, if the loop sleeps, wake it; the owner moves everything to its ready list before it
/// waits and after. Thread-safe.
/// </summary>
internal sealed class Inbox(IPoller poller)
{
    private readonly Lock _lock = new();
    private List<WorkItem>? _items;
    private volatile bool _any;
    private bool _closed;
    private int _sleeping;

    /// <returns>False when the loop has ended.</returns>
    internal bool TryAdd(in WorkItem item)
    {
        lock (_lock)
        {
            if (_closed)
            {
                return false;
            }
            (_items ??= []).Add(item);
            _any = true;
            // no plain read before it: the exchange is the fence between adding and looking, as it is in TrySleep
            if (Interlocked.Exchange(ref _sleeping, 0) != 0)
            {
                poller.Wake();      // under the lock: a loop that had ended meanwhile would have closed what this writes to
            }
        }
        return true;
    }

    /// <summary>The owner is about to wait.</summary>
    /// <returns>False when something has come already.</returns>
    internal bool TrySleep()
    {
        Interlocked.Exchange(ref _sleeping, 1);     // before looking: who adds afterwards sees it
        return !_any;
    }

    internal void Awake() => Volatile.Write(ref _sleeping, 0);

    internal void MoveTo(ReadyList ready)
    {
        if (!_any)
        {
            return;
        }
        lock (_lock)
        {
            foreach (ref readonly var item in CollectionsMarshal.AsSpan(_items))
            {
                ready.Add(item);
            }
            _items!.Clear();
            _any = false;
        }
    }

    /// <returns>False when something has come, and the loop must go on.</returns>
    internal bool TryClose()
    {
        lock (_lock)
        {
            return _closed = !_any;
        }
    }
}
