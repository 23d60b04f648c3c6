using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// select(2): three sets of 1,024 bits at each call. It reports an error as readable and writable, never in the third set; so what is only
/// in the third list stands in the first set too, to end the wait, and poll(2) says whether it was an error.
/// </summary>
internal sealed class SelectBacking : Backing
{
    internal override SelectorKind Kind => SelectorKind.Select;

    internal override void Add(Registration registration)
    {
        if (registration.Descriptor >= DescriptorSet.Size)
        {
            throw new NotSupportedException(
                $"select(2) watches descriptors below {DescriptorSet.Size} (FD_SETSIZE) only, and not the {registration}: " +
                $"use {nameof(SelectorKind)}.{nameof(SelectorKind.Poll)} or {nameof(SelectorKind)}.{nameof(SelectorKind.Epoll)}.");
        }
        if (!PollBacking.IsOpen(registration.Descriptor))
        {
            throw registration.NotOpen();     // Linux passes over bits beyond the process's highest descriptors, without an error
        }
    }

    internal override void Wait(IReadOnlyCollection<Registration> registrations, TimeLimit limit, List<Registration> ready)
    {
        DescriptorSet readers = default, writers = default, exceptional = default;
        var count = 0;
        foreach (var registration in registrations)
        {
            if (registration.WaitsFor(WatchFor.Reading) || (registration.WaitsFor(WatchFor.Exceptional) && !registration.IsMuted))
            {
                readers.Add(registration.Descriptor);
            }
            if (registration.WaitsFor(WatchFor.Writing))
            {
                writers.Add(registration.Descriptor);
            }
            if (registration.WaitsFor(WatchFor.Exceptional))
            {
                exceptional.Add(registration.Descriptor);
            }
            count = Math.Max(count, registration.Descriptor + 1);
        }
        var answer = SelectCalls.Wait(count, ref readers, ref writers, ref exceptional, limit.Microseconds);
        switch (answer)
        {
            case 0 or -Errno.Interrupted:
                return;
            case -Errno.BadDescriptor:
                FindGone(registrations, ready);
                return;
            case < 0:
                throw Failed(answer);
        }
        foreach (var registration in registrations)
        {
            var found = (readers.Contains(registration.Descriptor) ? WatchFor.Reading : 0) |
                (writers.Contains(registration.Descriptor) ? WatchFor.Writing : 0) |
                (exceptional.Contains(registration.Descriptor) ? WatchFor.Exceptional : 0);
            if (found != WatchFor.None)
            {
                var failed = registration.WaitsFor(WatchFor.Exceptional) && PollBacking.HasFailed(registration.Descriptor);
                Report(registration, failed ? found | WatchFor.Exceptional : found, ready);
            }
        }
    }

    /// <summary>select says that one of them is not open, and not which.</summary>
    private static void FindGone(IReadOnlyCollection<Registration> registrations, List<Registration> ready)
    {
        foreach (var registration in registrations)
        {
            if (!PollBacking.IsOpen(registration.Descriptor))
            {
                ReportGone(registration, ready);
            }
        }
    }
}
