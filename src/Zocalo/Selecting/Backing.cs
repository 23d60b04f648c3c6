using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// What a selector needs of a system call. All of them report the same for the same descriptor: what Linux's select(2) says under
/// "Correspondence between select() and poll() notifications", and one thing more: an error is exceptional too. Called by one thread at a
/// time.
/// </summary>
internal abstract class Backing : IDisposable
{
    private readonly List<Registration> _muted = [];

    internal abstract SelectorKind Kind { get; }

    /// <summary>Whether it gives numbers of descriptors to the kernel at each wait: they have to stay what they are meanwhile.</summary>
    internal virtual bool NeedsNumbers => true;

    /// <exception cref="ArgumentException">It is not open.</exception>
    /// <exception cref="NotSupportedException">It cannot be watched in this way.</exception>
    internal virtual void Add(Registration registration)
    {
    }

    /// <summary>Its <see cref="Registration.Interest"/> has changed.</summary>
    internal virtual void Change(Registration registration)
    {
    }

    internal virtual void Remove(Registration registration)
    {
    }

    /// <summary>Waits once: until something is ready, the time is over, a signal comes, or there is an event of which no list wants to
    /// know.</summary>
    /// <param name="registrations">Those that were added.</param>
    /// <param name="limit">How long.</param>
    /// <param name="ready">Is given those that are ready, or gone.</param>
    internal abstract void Wait(IReadOnlyCollection<Registration> registrations, TimeLimit limit, List<Registration> ready);

    /// <summary>A new wait begins, for all that are registered.</summary>
    internal void Unmute()
    {
        foreach (var registration in _muted)
        {
            registration.IsMuted = false;
            Change(registration);
        }
        _muted.Clear();
    }

    public virtual void Dispose()
    {
    }

    /// <summary>
    /// The system has reported something. If no list wants to know of it (poll and epoll always report a hang-up), the registration is
    /// muted for the rest of this wait: the next round would end at once for the same event, again and again.
    /// </summary>
    protected void Report(Registration registration, WatchFor found, List<Registration> ready)
    {
        registration.Found = found & registration.Interest;
        if (registration.Found != WatchFor.None)
        {
            ready.Add(registration);
        }
        else if (!registration.IsMuted)
        {
            registration.IsMuted = true;
            _muted.Add(registration);
            Change(registration);
        }
    }

    protected static void ReportGone(Registration registration, List<Registration> ready)
    {
        registration.Found = WatchFor.None;
        registration.IsGone = true;
        ready.Add(registration);
    }

    protected static SocketException Failed(int answer) => new((int)Errno.ToSocketError(-answer));
}
