using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>poll(2): a list of descriptors at each call, of any length.</summary>
internal sealed class PollBacking : Backing
{
    private const short Reading = PollCalls.In | PollCalls.HangUp | PollCalls.Error;
    private const short Writing = PollCalls.Out | PollCalls.Error;
    private const short Exceptional = PollCalls.Urgent | PollCalls.Error;

    private readonly List<Registration> _order = [];
    private PollEntry[] _entries = [];

    internal override SelectorKind Kind => SelectorKind.Poll;

    internal override void Wait(IReadOnlyCollection<Registration> registrations, TimeLimit limit, List<Registration> ready)
    {
        var entries = List(registrations);
        var answer = PollCalls.Wait(entries, limit.Milliseconds);
        if (answer is < 0 and not -Errno.Interrupted)
        {
            throw Failed(answer);
        }
        for (var i = 0; answer > 0 && i < entries.Length; i++)
        {
            var found = entries[i].Found;
            if ((found & PollCalls.NotOpen) != 0)
            {
                ReportGone(_order[i], ready);
            }
            else if (found != 0)
            {
                Report(_order[i], ToWatchFor(found), ready);
            }
        }
    }

    internal static bool IsOpen(int descriptor) => (Ask(descriptor) & PollCalls.NotOpen) == 0;

    internal static bool HasFailed(int descriptor) => (Ask(descriptor) & PollCalls.Error) != 0;

    /// <summary>What poll reports of one descriptor, now, whatever its interest.</summary>
    private static short Ask(int descriptor)
    {
        var entry = new PollEntry { Descriptor = descriptor };
        while (PollCalls.Wait(new Span<PollEntry>(ref entry), 0) == -Errno.Interrupted)
        {
        }
        return entry.Found;
    }

    private Span<PollEntry> List(IReadOnlyCollection<Registration> registrations)
    {
        _order.Clear();
        _order.AddRange(registrations);
        if (_entries.Length < _order.Count)
        {
            _entries = new PollEntry[Math.Max(_order.Count, _entries.Length * 2)];
        }
        for (var i = 0; i < _order.Count; i++)
        {
            var registration = _order[i];
            var isLeftOut = registration.IsMuted || registration.Interest == WatchFor.None;
            _entries[i] = new PollEntry { Descriptor = isLeftOut ? -1 : registration.Descriptor, Events = ToEvents(registration.Interest) };
        }
        return _entries.AsSpan(0, _order.Count);
    }

    internal static short ToEvents(WatchFor interest) => (short)(
        ((interest & WatchFor.Reading) != 0 ? PollCalls.In : 0) |
        ((interest & WatchFor.Writing) != 0 ? PollCalls.Out : 0) |
        ((interest & WatchFor.Exceptional) != 0 ? PollCalls.Urgent : 0));

    internal static WatchFor ToWatchFor(short found) =>
        ((found & Reading) != 0 ? WatchFor.Reading : 0) |
        ((found & Writing) != 0 ? WatchFor.Writing : 0) |
        ((found & Exceptional) != 0 ? WatchFor.Exceptional : 0);
}
