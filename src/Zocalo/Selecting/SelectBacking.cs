using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// select(2): three sets of 1,024 bits at each call. It tells an error as readable and writable, never in the third set; so what is in the
/// third list only stands in the first set too, to be woken, and poll(2) says whether it was an error.
/// </summary>
internal sealed class SelectBacking : Backing
{
    internal override SelectorKind Kind => SelectorKind.Select;

    internal override void Add(Watch watch)
    {
        if (watch.Descriptor >= DescriptorSet.Size)
        {
            throw new NotSupportedException(
                $"select(2) watches descriptors below {DescriptorSet.Size} (FD_SETSIZE) only, and not the {watch}: " +
                $"use {nameof(SelectorKind)}.{nameof(SelectorKind.Poll)} or {nameof(SelectorKind)}.{nameof(SelectorKind.Epoll)}.");
        }
        if (!PollBacking.IsOpen(watch.Descriptor))
        {
            throw watch.NotOpen();      // Linux passes over bits beyond the process's highest descriptors, without an error
        }
    }

    internal override void Wait(IReadOnlyCollection<Watch> watches, TimeLimit limit, List<Watch> ready)
    {
        DescriptorSet readers = default, writers = default, exceptional = default;
        var count = 0;
        foreach (var watch in watches)
        {
            if (watch.Asks(WatchFor.Reading) || (watch.Asks(WatchFor.Exceptional) && !watch.IsMuted))
            {
                readers.Add(watch.Descriptor);
            }
            if (watch.Asks(WatchFor.Writing))
            {
                writers.Add(watch.Descriptor);
            }
            if (watch.Asks(WatchFor.Exceptional))
            {
                exceptional.Add(watch.Descriptor);
            }
            count = Math.Max(count, watch.Descriptor + 1);
        }
        var answer = SelectCalls.Wait(count, ref readers, ref writers, ref exceptional, limit.Microseconds);
        switch (answer)
        {
            case 0 or -Errno.Interrupted:
                return;
            case -Errno.BadDescriptor:
                FindGone(watches, ready);
                return;
            case < 0:
                throw Failed(answer);
        }
        foreach (var watch in watches)
        {
            var told = (readers.Contains(watch.Descriptor) ? WatchFor.Reading : 0) |
                (writers.Contains(watch.Descriptor) ? WatchFor.Writing : 0) |
                (exceptional.Contains(watch.Descriptor) ? WatchFor.Exceptional : 0);
            if (told != WatchFor.None)
            {
                var failed = watch.Asks(WatchFor.Exceptional) && PollBacking.HasFailed(watch.Descriptor);
                Tell(watch, failed ? told | WatchFor.Exceptional : told, ready);
            }
        }
    }

    /// <summary>select says that one of them is not open, and not which.</summary>
    private static void FindGone(IReadOnlyCollection<Watch> watches, List<Watch> ready)
    {
        foreach (var watch in watches)
        {
            if (!PollBacking.IsOpen(watch.Descriptor))
            {
                TellGone(watch, ready);
            }
        }
    }
}
