using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// What a selector asks of a system call. All of them tell the same of the same descriptor, which is what Linux's select(2) says under
/// "Correspondence between select() and poll() notifications", and one thing more: an error is exceptional too. Called by one thread at a
/// time.
/// </summary>
internal abstract class Backing : IDisposable
{
    private readonly List<Watch> _muted = [];

    internal abstract SelectorKind Kind { get; }

    /// <summary>Whether it gives numbers of descriptors to the kernel at each wait: they have to stay what they are meanwhile.</summary>
    internal virtual bool NeedsNumbers => true;

    /// <exception cref="ArgumentException">It is not open.</exception>
    /// <exception cref="NotSupportedException">It cannot be watched in this way.</exception>
    internal virtual void Add(Watch watch)
    {
    }

    /// <summary>What is asked of it has changed.</summary>
    internal virtual void Change(Watch watch)
    {
    }

    internal virtual void Remove(Watch watch)
    {
    }

    /// <summary>Waits once: until something is ready, the time is over, a signal comes, or something woke for nothing that was
    /// asked.</summary>
    /// <param name="watches">Those that were added.</param>
    /// <param name="limit">How long.</param>
    /// <param name="ready">Is given those that are ready, or gone.</param>
    internal abstract void Wait(IReadOnlyCollection<Watch> watches, TimeLimit limit, List<Watch> ready);

    /// <summary>A new wait begins, for all that are watched.</summary>
    internal void Unmute()
    {
        foreach (var watch in _muted)
        {
            watch.IsMuted = false;
            Change(watch);
        }
        _muted.Clear();
    }

    public virtual void Dispose()
    {
    }

    /// <summary>
    /// The system told something of a watch. If nothing of it was asked (poll and epoll tell a hang-up to everybody), the watch is muted
    /// for the rest of this wait: the next round would be told the same at once, again and again.
    /// </summary>
    protected void Tell(Watch watch, WatchFor told, List<Watch> ready)
    {
        watch.Told = told & watch.Asked;
        if (watch.Told != WatchFor.None)
        {
            ready.Add(watch);
        }
        else if (!watch.IsMuted)
        {
            watch.IsMuted = true;
            _muted.Add(watch);
            Change(watch);
        }
    }

    protected static void TellGone(Watch watch, List<Watch> ready)
    {
        watch.Told = WatchFor.None;
        watch.IsGone = true;
        ready.Add(watch);
    }

    protected static SocketException Failed(int answer) => new((int)Errno.ToSocketError(-answer));
}
