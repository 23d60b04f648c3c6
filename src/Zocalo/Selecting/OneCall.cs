namespace Zocalo.Selecting;

/// <summary>One question: three lists in, three lists out, and nothing is kept.</summary>
internal static class OneCall
{
    internal static SelectResult<T> Select<T>(
        IReadOnlyCollection<T> readers,
        IReadOnlyCollection<T> writers,
        IReadOnlyCollection<T> exceptional,
        Func<T, Selectable> toSelectable,
        TimeSpan timeout,
        SelectorKind kind,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(readers);
        ArgumentNullException.ThrowIfNull(writers);
        ArgumentNullException.ThrowIfNull(exceptional);
        var limit = new TimeLimit(timeout);
        var isNothing = readers.Count + writers.Count + exceptional.Count == 0;
        if (isNothing && limit.IsEndless && !cancellationToken.CanBeCanceled)
        {
            throw new ArgumentException("Nothing is watched and there is no time limit: this would wait for ever.", nameof(timeout));
        }
        cancellationToken.ThrowIfCancellationRequested();

        // On Windows select refuses to wait for nothing; what wakes it is something.
        var waker = cancellationToken.CanBeCanceled || (isNothing && OperatingSystem.IsWindows())
            ? new Waker(OperatingSystem.IsLinux())
            : null;
        using var list = new Registrations(Backings.ForOneCall(kind), waker, isForOneCall: true);
        list.BeginWaking();
        var reading = Watch(readers, WatchFor.Reading, nameof(readers));
        var writing = Watch(writers, WatchFor.Writing, nameof(writers));
        var excepting = Watch(exceptional, WatchFor.Exceptional, nameof(exceptional));
        using (cancellationToken.UnsafeRegister(waker => ((Waker)waker!).Nudge(), waker))
        {
            list.Wait(limit, cancellationToken);
        }
        cancellationToken.ThrowIfCancellationRequested();
        return new(Ready(reading, WatchFor.Reading), Ready(writing, WatchFor.Writing), Ready(excepting, WatchFor.Exceptional));

        List<(T Thing, Registration Registration)> Watch(IReadOnlyCollection<T> things, WatchFor interest, string name)
        {
            var registrations = new List<(T, Registration)>(things.Count);
            foreach (var thing in things)
            {
                var selectable = toSelectable(thing);
                ThrowIfNothing(selectable, name);
                registrations.Add((thing, list.Add(selectable, interest)));
            }
            return registrations;
        }

        static List<T> Ready(List<(T Thing, Registration Registration)> registrations, WatchFor what) =>
            [.. registrations.Where(pair => pair.Registration.Has(what)).Select(pair => pair.Thing)];
    }

    internal static void ThrowIfNothing(Selectable thing, string name)
    {
        if (thing.IsNothing)
        {
            throw new ArgumentNullException(name, "A null is nothing that could be watched.");
        }
    }
}
