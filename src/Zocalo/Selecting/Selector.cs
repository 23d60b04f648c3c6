using System.Net.Sockets;
using Zocalo.Selecting;

namespace Zocalo;

/// <summary>
/// Which of these can be read, which can be written, without waiting? The question of select(2), put to the system by select, poll(2) or
/// epoll(7), for sockets and on Unix for everything else that has a descriptor: pipes, terminals, eventfds.
/// <see cref="Select(
/// IReadOnlyCollection{Socket}, IReadOnlyCollection{Socket}, IReadOnlyCollection{Socket}, TimeSpan, SelectorKind, CancellationToken)"/>
/// asks once: three lists and a time limit in, three lists out. A selector that is made keeps what it watches from one wait to the next;
/// with epoll it watches ten thousand for the price of those that are ready.
/// </summary>
/// <remarks>
/// <para>Ready means that one call would not wait, whatever it then says: a socket whose peer has finished is readable (0 bytes), one that
/// failed is readable and writable (an error). A write of more bytes than there is room for can still wait on a blocking socket, and a
/// connection that is gone again before it is accepted leaves accept waiting: make sockets non-blocking (<see cref="Socket.Blocking"/>)
/// when waiting is not allowed at all.</para>
/// <para>A listening socket stands among the readers. A socket that is connecting stands among the writers: once it is ready,
/// <see cref="SocketOptionName.Error"/> tells how it went, 0 for well. A regular file is always ready, as it is for select and poll. What a
/// stream has read ahead is not seen.</para>
/// <para>For a server with many clients use <see cref="SocketServer"/>; this is for programs that have sockets of their own, and for those
/// who want to see how it works. The static members are thread-safe. A selector belongs to one thread at a time: from others come
/// <see cref="Wake"/> and <see cref="Dispose"/> only, and both end a wait. Nothing that is watched is disposed by it.</para>
/// </remarks>
public sealed class Selector : IDisposable
{
    private readonly Registrations _list;
    private readonly Waker _waker;
    private int _inside;
    private volatile bool _disposed;

    /// <summary>Makes one that watches nothing yet.</summary>
    /// <param name="kind">How it waits; <see cref="SelectorKind.Auto"/> is epoll on Linux, poll on other Unixes, select on Windows.</param>
    /// <exception cref="PlatformNotSupportedException">The system does not have it; the message says what to use.</exception>
    /// <exception cref="NotSupportedException">select(2) is asked for, on Unix, and all descriptors below 1,024 are in use: it needs one
    /// that wakes it.</exception>
    /// <exception cref="SocketException">No descriptor is left for it: it needs one, and with epoll two.</exception>
    public Selector(SelectorKind kind = SelectorKind.Auto)
        : this(Backings.ForKeeps(kind), new Waker(OperatingSystem.IsLinux()))
    {
    }

    internal Selector(Backing backing, Waker waker)
    {
        _waker = waker;
        _list = new Registrations(backing, waker, isForOneCall: false);
        try
        {
            _list.BeginWaking();
        }
        catch
        {
            _list.Dispose();
            throw;
        }
    }

    /// <summary>How it waits; never <see cref="SelectorKind.Auto"/>.</summary>
    public SelectorKind Kind => _list.Backing.Kind;

    /// <summary>How many are watched.</summary>
    public int Count => _list.Count;

    /// <summary>
    /// Which of these sockets are ready? Waits until one is, or for as long as the limit says. <c>var (readable, writable, exceptional) =
    /// Selector.Select([listener, .. clients], [], [], TimeSpan.FromMinutes(1));</c>
    /// </summary>
    /// <param name="readers">To be told when a read or an accept would not wait.</param>
    /// <param name="writers">To be told when a write would not wait, or a connection attempt is over.</param>
    /// <param name="exceptional">To be told of urgent data and of errors.</param>
    /// <param name="timeout">How long to wait at most. <see cref="TimeSpan.Zero"/>: not at all, only look.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: without limit.</param>
    /// <param name="kind">How to wait; <see cref="SelectorKind.Auto"/> is poll on Unix, select on Windows.</param>
    /// <param name="cancellationToken">Ends the wait, from another thread.</param>
    /// <returns>
    /// What is ready of each list, in the same order, and as often as it was in there; three empty lists if the time was over. A socket may
    /// be in any number of lists. Of those that are ready the call tells all.
    /// </returns>
    /// <remarks>
    /// A signal does not end the wait. Sockets stay open until the call has returned: what another thread disposes meanwhile is closed
    /// afterwards. On Linux that ends the wait, since the framework cuts a socket that is in use when it is disposed; elsewhere, and for
    /// other handles, it may not.
    /// </remarks>
    /// <exception cref="ArgumentException">One of them is null; nothing is watched and there is neither a limit nor a token, so that the
    /// wait would never end.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is negative and not infinite, or there is no such kind.</exception>
    /// <exception cref="NotSupportedException">A descriptor is too large for select(2), on Unix: 1,024 or more.</exception>
    /// <exception cref="ObjectDisposedException">One of them is closed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="PlatformNotSupportedException">The system does not have this kind; the message says what to use.</exception>
    /// <exception cref="SocketException">The system has run out of memory or descriptors.</exception>
    public static SelectResult<Socket> Select(
        IReadOnlyCollection<Socket> readers,
        IReadOnlyCollection<Socket> writers,
        IReadOnlyCollection<Socket> exceptional,
        TimeSpan timeout,
        SelectorKind kind = SelectorKind.Auto,
        CancellationToken cancellationToken = default) =>
        OneCall.Select(readers, writers, exceptional, socket => socket, timeout, kind, cancellationToken);

    /// <summary>Which of these are ready: sockets, and on Unix whatever else has a descriptor.</summary>
    /// <exception cref="ArgumentException">One of them is nothing, or not open; nothing is watched and there is neither a limit nor a
    /// token, so that the wait would never end.</exception>
    /// <exception cref="PlatformNotSupportedException">On Windows: one of them is not a socket; or the system does not have this kind. The
    /// message says what to do.</exception>
    /// <inheritdoc cref="Select(
    /// IReadOnlyCollection{Socket}, IReadOnlyCollection{Socket}, IReadOnlyCollection{Socket}, TimeSpan, SelectorKind, CancellationToken)"/>
    public static SelectResult<Selectable> Select(
        IReadOnlyCollection<Selectable> readers,
        IReadOnlyCollection<Selectable> writers,
        IReadOnlyCollection<Selectable> exceptional,
        TimeSpan timeout,
        SelectorKind kind = SelectorKind.Auto,
        CancellationToken cancellationToken = default) =>
        OneCall.Select(readers, writers, exceptional, thing => thing, timeout, kind, cancellationToken);

    /// <summary>Whether a read, or an accept, would not wait. Also useful with blocking sockets.</summary>
    /// <exception cref="ArgumentException">It is nothing, or not open.</exception>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public static bool IsReadable(Selectable thing)
    {
        OneCall.ThrowIfNothing(thing, nameof(thing));
        return Select([thing], [], [], TimeSpan.Zero).Readable.Count > 0;
    }

    /// <summary>Whether a write of one byte would not wait; of a connecting socket, whether the attempt is over.</summary>
    /// <exception cref="ArgumentException">It is nothing, or not open.</exception>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public static bool IsWritable(Selectable thing)
    {
        OneCall.ThrowIfNothing(thing, nameof(thing));
        return Select([], [thing], [], TimeSpan.Zero).Writable.Count > 0;
    }

    /// <summary>Watches one more. Take it out again with <see cref="Remove"/> before you close it: what is closed while it is watched is
    /// forgotten, sooner or later, without a word.</summary>
    /// <param name="thing">A socket; on Unix, anything with a descriptor.</param>
    /// <param name="what">What for.</param>
    /// <exception cref="ArgumentException">It is nothing, not open, or watched already.</exception>
    /// <exception cref="NotSupportedException">Its descriptor is too large for select(2), on Unix: 1,024 or more; on Windows: it is not a
    /// socket (<see cref="PlatformNotSupportedException"/>).</exception>
    /// <exception cref="ObjectDisposedException">It is closed; or the selector is disposed.</exception>
    /// <exception cref="SocketException">The system has run out of memory, or of descriptors to watch (epoll_ctl(2), ENOSPC).</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the selector.</exception>
    public void Add(Selectable thing, WatchFor what)
    {
        OneCall.ThrowIfNothing(thing, nameof(thing));
        ThrowIfUnknown(what);
        Enter();
        try
        {
            _list.Add(thing, what);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Watches it for something else from now on.</summary>
    /// <param name="thing">Something that is watched.</param>
    /// <param name="what">What for; <see cref="WatchFor.None"/>: nothing, until the next change.</param>
    /// <exception cref="ArgumentException">It is not watched.</exception>
    /// <exception cref="ObjectDisposedException">It is closed; or the selector is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the selector.</exception>
    public void Modify(Selectable thing, WatchFor what)
    {
        ThrowIfUnknown(what);
        Enter();
        try
        {
            _list.Change(
                _list.Find(thing) ?? throw new ArgumentException($"This {thing} is not watched: {nameof(Add)} it.", nameof(thing)), what);
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Watches it no longer. Call it before the thing is closed; afterwards does no harm.</summary>
    /// <returns>Whether it was watched.</returns>
    /// <exception cref="ObjectDisposedException">The selector is disposed.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the selector.</exception>
    public bool Remove(Selectable thing)
    {
        Enter();
        try
        {
            var registration = _list.Find(thing);
            if (registration is not null)
            {
                _list.Remove(registration);
            }
            return registration is not null;
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Waits until something that is watched is ready, the time is over, or somebody calls <see cref="Wake"/>. With nothing to
    /// watch it waits as well.</summary>
    /// <param name="timeout">How long to wait at most. <see cref="TimeSpan.Zero"/>: not at all, only look.
    /// <see cref="Timeout.InfiniteTimeSpan"/>: without limit.</param>
    /// <param name="cancellationToken">Ends the wait, from another thread.</param>
    /// <returns>All that are ready, in no particular order, in lists of the caller's own; three empty lists if the time was over or
    /// somebody woke it. What stays ready is told again by the next wait.</returns>
    /// <remarks>
    /// A signal does not end the wait. What another thread closes meanwhile may end it or not: let that thread <see cref="Wake"/> this one,
    /// to <see cref="Remove"/> and close in peace. With epoll it is closed at once; with select and poll when the wait is over, and a
    /// socket then ends the wait on Linux, as in a call to Select.
    /// </remarks>
    /// <exception cref="ArgumentOutOfRangeException">The time limit is negative and not infinite.</exception>
    /// <exception cref="ObjectDisposedException">The selector was disposed, before or meanwhile.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    /// <exception cref="InvalidOperationException">Another thread is using the selector.</exception>
    /// <exception cref="SocketException">The system has run out of memory.</exception>
    public SelectResult<Selectable> Wait(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        var limit = new TimeLimit(timeout);
        cancellationToken.ThrowIfCancellationRequested();
        Enter();
        try
        {
            using var cancelling = cancellationToken.UnsafeRegister(waker => ((Waker)waker!).Nudge(), _waker);
            var ready = _list.Wait(limit, cancellationToken);
            ObjectDisposedException.ThrowIf(_disposed, this);
            cancellationToken.ThrowIfCancellationRequested();
            return new(Those(WatchFor.Reading), Those(WatchFor.Writing), Those(WatchFor.Exceptional));

            List<Selectable> Those(WatchFor what) => [.. ready.Where(each => each.Has(what)).Select(each => each.Thing)];
        }
        finally
        {
            Leave();
        }
    }

    /// <summary>Ends the wait in progress, or else the next one, from any thread. Many calls end one wait. After the disposal nothing
    /// happens.</summary>
    public void Wake() => _waker.Wake();

    /// <summary>Gives back its descriptors. What it watched stays open. Comes from any thread, and ends a wait.</summary>
    public void Dispose()
    {
        _disposed = true;
        _waker.Wake();
        DisposeIfUnused();
    }

    private void Enter()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (Interlocked.Exchange(ref _inside, 1) != 0)
        {
            throw new InvalidOperationException(
                $"Another thread is using this selector, which is for one at a time: {nameof(Wake)} it, and let it do what is to be done.");
        }
    }

    private void Leave()
    {
        Volatile.Write(ref _inside, 0);
        Interlocked.MemoryBarrier();
        if (_disposed)
        {
            DisposeIfUnused();
        }
    }

    /// <summary>Whoever is inside does it when leaving.</summary>
    private void DisposeIfUnused()
    {
        if (Interlocked.Exchange(ref _inside, 1) == 0)
        {
            _list.Dispose();    // and nobody comes in any more
        }
    }

    private static void ThrowIfUnknown(WatchFor what)
    {
        if ((what & ~(WatchFor.Reading | WatchFor.Writing | WatchFor.Exceptional)) != 0)
        {
            throw new ArgumentOutOfRangeException(nameof(what), what, "There is no such thing to watch for.");
        }
    }
}
