namespace Zocalo.Selecting;

/// <summary>What is watched, by its number and by its name, and the wait until some of it is ready. One thread at a time.</summary>
/// <param name="backing">The system call. The list disposes it.</param>
/// <param name="waker">What ends a wait from another thread; null: no thread will. The list disposes it.</param>
/// <param name="isForOneCall">For one wait: what is closed is an error. Otherwise it is forgotten, since epoll could not even tell.</param>
internal sealed class Registrations(Backing backing, Waker? waker, bool isForOneCall) : IDisposable
{
    private readonly Dictionary<int, Registration> _numbered = [];
    private readonly Dictionary<Selectable, Registration> _named = [];
    private readonly List<Registration> _ready = [];
    private readonly List<Registration> _held = [];
    private Registration? _waking;

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

    internal Registration? Find(Selectable thing) => _named.GetValueOrDefault(thing);

    /// <exception cref="ArgumentException">Its number is watched already, or not open.</exception>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    /// <exception cref="NotSupportedException">It cannot be watched in this way.</exception>
    internal Registration Add(Selectable thing, WatchFor interest)
    {
        var number = thing.Hold();
        try
        {
            if (_numbered.TryGetValue(number, out var before))
            {
                if (isForOneCall)
                {
                    before.Interest |= interest;      // in more than one list
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
            var registration = new Registration(thing, number, interest);
            // One call finds out by itself, for less; a selector that is kept would forget it, which does not help a caller who is mistaken
            // in a number.
            if (number < 0 || (!isForOneCall && backing.NeedsNumbers && !OperatingSystem.IsWindows() && !PollBacking.IsOpen(number)))
            {
                throw registration.NotOpen();
            }
            backing.Add(registration);
            _numbered.Add(number, registration);
            _named.Add(thing, registration);
            return registration;
        }
        finally
        {
            thing.Release();
        }
    }

    internal void Change(Registration registration, WatchFor interest)
    {
        _ = registration.Thing.Hold();
        try
        {
            registration.Interest = interest;
            backing.Change(registration);
        }
        finally
        {
            registration.Thing.Release();
        }
    }

    internal void Remove(Registration registration)
    {
        backing.Remove(registration);
        _numbered.Remove(registration.Descriptor);
        _named.Remove(registration.Thing);
    }

    /// <summary>Those that are ready; none when the time is over, or something woke it. Valid until the next wait.</summary>
    /// <param name="limit">How long.</param>
    /// <param name="cancellationToken">Ends it, if the waker is nudged then.</param>
    internal IReadOnlyList<Registration> Wait(TimeLimit limit, CancellationToken cancellationToken)
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
            _held.ForEach(registration => registration.Thing.Release());
            _held.Clear();
        }
    }

    public void Dispose()
    {
        backing.Dispose();
        waker?.Dispose();
    }

    private bool TakeWaking() => _waking is not null && _ready.Remove(_waking) && waker!.Take();

    /// <summary>Of those that the system has reported: whether there is no such descriptor any more.</summary>
    private bool Forget(Registration registration)
    {
        if (registration.IsGone)
        {
            if (isForOneCall)
            {
                throw registration.NotOpen();
            }
            Remove(registration);
        }
        return registration.IsGone;
    }

    private void HoldAll()
    {
        if (!isForOneCall && !backing.NeedsNumbers)
        {
            return;
        }
        List<Registration>? closed = null;
        foreach (var registration in _numbered.Values)
        {
            if (registration.Thing.TryHold(out _))
            {
                _held.Add(registration);
            }
            else if (isForOneCall)
            {
                throw registration.Thing.Closed();
            }
            else
            {
                (closed ??= []).Add(registration);
            }
        }
        closed?.ForEach(Remove);
    }
}
