using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>poll(2): a list of descriptors at each call, of any length.</summary>
internal sealed class PollBacking : Backing
{
    private const short Reading = PollCalls.In | PollCalls.HangUp | PollCalls.Error;
    private const short Writing = PollCalls.Out | PollCalls.Error;
    private const short Exceptional = PollCalls.Urgent | PollCalls.Error;

    private readonly List<Watch> _order = [];
    private PollEntry[] _entries = [];

    internal override SelectorKind Kind => SelectorKind.Poll;

    internal override void Wait(IReadOnlyCollection<Watch> watches, TimeLimit limit, List<Watch> ready)
    {
        var entries = List(watches);
        var answer = PollCalls.Wait(entries, limit.Milliseconds);
        if (answer is < 0 and not -Errno.Interrupted)
        {
            throw Failed(answer);
        }
        for (var i = 0; answer > 0 && i < entries.Length; i++)
        {
            var told = entries[i].Found;
            if ((told & PollCalls.NotOpen) != 0)
            {
                TellGone(_order[i], ready);
            }
            else if (told != 0)
            {
                Tell(_order[i], Meaning(told), ready);
            }
        }
    }

    internal static bool IsOpen(int descriptor) => (Ask(descriptor) & PollCalls.NotOpen) == 0;

    internal static bool HasFailed(int descriptor) => (Ask(descriptor) & PollCalls.Error) != 0;

    /// <summary>What poll tells of one descriptor, now, without being asked for anything.</summary>
    private static short Ask(int descriptor)
    {
        var entry = new PollEntry { Descriptor = descriptor };
        while (PollCalls.Wait(new Span<PollEntry>(ref entry), 0) == -Errno.Interrupted)
        {
        }
        return entry.Found;
    }

    private Span<PollEntry> List(IReadOnlyCollection<Watch> watches)
    {
        _order.Clear();
        _order.AddRange(watches);
        if (_entries.Length < _order.Count)
        {
            _entries = new PollEntry[Math.Max(_order.Count, _entries.Length * 2)];
        }
        for (var i = 0; i < _order.Count; i++)
        {
            var watch = _order[i];
            var isLeftOut = watch.IsMuted || watch.Asked == WatchFor.None;
            _entries[i] = new PollEntry { Descriptor = isLeftOut ? -1 : watch.Descriptor, Events = Events(watch) };
        }
        return _entries.AsSpan(0, _order.Count);
    }

    private static short Events(Watch watch) => (short)(
        (watch.Asks(WatchFor.Reading) ? PollCalls.In : 0) |
        (watch.Asks(WatchFor.Writing) ? PollCalls.Out : 0) |
        (watch.Asks(WatchFor.Exceptional) ? PollCalls.Urgent : 0));

    private static WatchFor Meaning(short told) =>
        ((told & Reading) != 0 ? WatchFor.Reading : 0) |
        ((told & Writing) != 0 ? WatchFor.Writing : 0) |
        ((told & Exceptional) != 0 ? WatchFor.Exceptional : 0);
}
