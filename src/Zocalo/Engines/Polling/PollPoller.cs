using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>poll(2), for the few descriptors of a private loop: one list, handed over at each wait.</summary>
internal sealed class PollPoller : IPoller
{
    private const int FewEntries = 4;

    // How long the wake-up is left out of the wait when it is another loop's turn to notice it. Who is woken in that time is late by no
    // more than this.
    private const int LeftOut = 1;      // milliseconds

    private readonly SharedWake _wake;
    private bool _isWoken;                                  // its seat's flag: belongs to the shared wake-up
    private PollEntry[] _entries = new PollEntry[2];        // the wake-up, and one connection
    private int _count = 1;
    private int _next;                                      // where to look for the next event

    /// <summary>With a wake-up of its own.</summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    internal PollPoller() : this(new SharedWake())
    {
    }

    /// <param name="wake">Its seat there is this poller's, which gives it back.</param>
    internal PollPoller(SharedWake wake)
    {
        _wake = wake;
        _entries[0] = new PollEntry { Descriptor = wake.Descriptor, Events = PollCalls.In };
    }

    public int DescriptorLimit => int.MaxValue;

    public SocketError Register(int descriptor, Readiness interest)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }
        _entries[_count++] = new PollEntry { Descriptor = descriptor, Events = ToEvents(interest) };
        return SocketError.Success;
    }

    public void Modify(int descriptor, Readiness interest)
    {
        ref var entry = ref _entries[IndexOf(descriptor)];
        entry.Events |= ToEvents(interest);
    }

    public void Deregister(int descriptor)
    {
        var index = IndexOf(descriptor);
        _entries[index] = _entries[--_count];
        _entries[_count] = default;
    }

    public int Wait(int milliseconds)
    {
        _next = 0;
        // Asked for nothing, a descriptor would still tell of errors, again and again: so it is left out of this wait, by a negative
        // number.
        for (var i = 0; i < _count; i++)
        {
            _entries[i].Descriptor = _entries[i].Events == 0 ? ~Number(i) : Number(i);
        }
        if (_wake.IsForAnother(ref _isWoken))
        {
            _entries[0].Descriptor = ~_wake.Descriptor;
            milliseconds = milliseconds < 0 ? LeftOut : Math.Min(milliseconds, LeftOut);
        }
        var told = Math.Max(0, _count > FewEntries ? PollCalls.Wait(_entries.AsSpan(0, _count), milliseconds) : WaitForFew(milliseconds));
        // Whatever was told, at once and not in its turn: until its own wake-up is taken, who shares it is disturbed.
        if (!_wake.TryTake(ref _isWoken) && told > 0 && _entries[0].Found != 0)
        {
            _entries[0].Found = 0;
            told--;
        }
        return told;
    }

    public ReadinessEvent Event(int index)
    {
        while (_next < _count && _entries[_next].Found == 0)
        {
            _next++;
        }
        if (_next == _count)
        {
            return new(-1, Readiness.None);     // somebody was removed meanwhile, and another took that place: the next wait tells
        }
        ref var entry = ref _entries[_next];
        var told = entry.Found;
        entry.Found = 0;
        if (_next == 0)
        {
            return new(entry.Descriptor, Readiness.None);
        }
        var isBroken = (told & (PollCalls.Error | PollCalls.HangUp | PollCalls.NotOpen)) != 0;
        var readiness = isBroken ? Readiness.Readable | Readiness.Writable : Readiness.None;
        readiness |= (told & PollCalls.In) != 0 ? Readiness.Readable : Readiness.None;
        readiness |= (told & PollCalls.Out) != 0 ? Readiness.Writable : Readiness.None;
        entry.Events &= (short)~((readiness & Readiness.Readable) != 0 ? PollCalls.In : 0);
        entry.Events &= (short)~((readiness & Readiness.Writable) != 0 ? PollCalls.Out : 0);
        return new(entry.Descriptor, readiness);
    }

    public void Wake() => _wake.Wake(ref _isWoken);

    public void Close() => _wake.Leave(ref _isWoken);

    // On the stack: an array of each of a thousand threads, pinned as long as it waits, would keep the collector from tidying up around it.
    private int WaitForFew(int milliseconds)
    {
        Span<PollEntry> few = stackalloc PollEntry[FewEntries];
        _entries.AsSpan(0, _count).CopyTo(few);
        var told = PollCalls.Wait(few[.._count], milliseconds);
        few[.._count].CopyTo(_entries);
        return told;
    }

    private static short ToEvents(Readiness interest) => (short)(
        ((interest & Readiness.Readable) != 0 ? PollCalls.In : 0) | ((interest & Readiness.Writable) != 0 ? PollCalls.Out : 0));

    private int Number(int index) => _entries[index].Descriptor < 0 ? ~_entries[index].Descriptor : _entries[index].Descriptor;

    private int IndexOf(int descriptor)
    {
        var index = 1;
        while (Number(index) != descriptor)
        {
            index++;
        }
        return index;
    }
}
