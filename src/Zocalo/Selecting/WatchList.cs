namespace Zocalo.Selecting;

/// <summary>What is watched, by its number and by its name, and the wait until some of it is ready. One thread at a time.</summary>
/// <param name="backing">The system call. The list disposes it.</param>
/// <param name="waker">What ends a wait from another thread; null: nobody will. The list disposes it.</param>
/// <param name="isForOneCall">For one wait: what is closed is an error. Otherwise it is forgotten, since epoll could not even tell.</param>
internal sealed class WatchList(Backing backing, Waker? waker, bool isForOneCall) : IDisposable
{
    private readonly Dictionary<int, Watch> _numbered = [];
    private readonly Dictionary<Selectable, Watch> _named = [];
    private readonly List<Watch> _ready = [];
    private readonly List<Watch> _held = [];
    private Watch? _waking;

    internal Backing Backing => backing;

    /// <summary>Without what wakes it.</summary>
    internal int Count => _named.Count - (_waking is null ? 0 : 1);

    /// <exception cref="NotSupportedException">All descriptors that select(2) knows are in use.</exception>
    internal void BeginWaking()
    {
        if (waker is null)
        {
            return;
        }
        try
        {
            _waking = Add(waker.Thing, WatchFor.Reading);
        }
        catch (NotSupportedException tooLarge)
        {
            throw new NotSupportedException(
                "What wakes a wait needs a descriptor of its own, and none that is small enough is left. " + tooLarge.Message, tooLarge);
        }
    }

    internal Watch? Find(Selectable thing) => _named.GetValueOrDefault(thing);

    /// <exception cref="ArgumentException">Its number is watched already, or not open.</exception>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    /// <exception cref="NotSupportedException">It cannot be watched in this way.</exception>
    internal Watch Add(Selectable thing, WatchFor asked)
    {
        var number = thing.Hold();
        try
        {
            if (_numbered.TryGetValue(number, out var before))
            {
                if (isForOneCall)
                {
                    before.Asked |= asked;      // in more than one list
                    backing.Change(before);
                    return before;
                }
                if (!before.Thing.IsClosed)
                {
                    throw new ArgumentException(
                        $"The {thing} is watched already, as {before}: {nameof(Selector.Modify)} changes what for.", nameof(thing));
                }
                Remove(before);     // it was closed, and its number went to this one
            }
            var watch = new Watch(thing, number, asked);
            // One call finds out by itself, for less; a selector that is kept would forget it, and that helps nobody who is mistaken in a
            // number.
            if (number < 0 || (!isForOneCall && backing.NeedsNumbers && !OperatingSystem.IsWindows() && !PollBacking.IsOpen(number)))
            {
                throw watch.NotOpen();
            }
            backing.Add(watch);
            _numbered.Add(number, watch);
            _named.Add(thing, watch);
            return watch;
        }
        finally
        {
            thing.Release();
        }
    }

    internal void Change(Watch watch, WatchFor asked)
    {
        _ = watch.Thing.Hold();
        try
        {
            watch.Asked = asked;
            backing.Change(watch);
        }
        finally
        {
            watch.Thing.Release();
        }
    }

    internal void Remove(Watch watch)
    {
        backing.Remove(watch);
        _numbered.Remove(watch.Descriptor);
        _named.Remove(watch.Thing);
    }

    /// <summary>Those that are ready; none when the time is over, or something woke it. Valid until the next wait.</summary>
    /// <param name="limit">How long.</param>
    /// <param name="cancellationToken">Ends it, if somebody nudges the waker then.</param>
    internal IReadOnlyList<Watch> Wait(TimeLimit limit, CancellationToken cancellationToken)
    {
        _ready.Clear();
        try
        {
            HoldAll();
            backing.Unmute();
            bool woken;
            do
            {
                backing.Wait(_numbered.Values, limit, _ready);
                woken = TakeWaking();
                _ready.RemoveAll(Forget);
            }
            while (_ready.Count == 0 && !woken && !cancellationToken.IsCancellationRequested && !limit.IsOver);
            return _ready;
        }
        finally
        {
            _held.ForEach(watch => watch.Thing.Release());
            _held.Clear();
        }
    }

    public void Dispose()
    {
        backing.Dispose();
        waker?.Dispose();
    }

    private bool TakeWaking() => _waking is not null && _ready.Remove(_waking) && waker!.Take();

    /// <summary>Of those that the system has told: whether there is no such descriptor any more.</summary>
    private bool Forget(Watch watch)
    {
        if (watch.IsGone)
        {
            if (isForOneCall)
            {
                throw watch.NotOpen();
            }
            Remove(watch);
        }
        return watch.IsGone;
    }

    private void HoldAll()
    {
        if (!isForOneCall && !backing.NeedsNumbers)
        {
            return;
        }
        List<Watch>? closed = null;
        foreach (var watch in _numbered.Values)
        {
            if (watch.Thing.TryHold(out _))
            {
                _held.Add(watch);
            }
            else if (isForOneCall)
            {
                throw watch.Thing.Closed();
            }
            else
            {
                (closed ??= []).Add(watch);
            }
        }
        closed?.ForEach(Remove);
    }
}
