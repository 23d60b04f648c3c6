using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>poll(2), for the few descriptors of a private loop: one list, handed over at each wait.</summary>
internal sealed class PollPoller : IPoller
{
    private const int FewEntries = 4;

    private readonly EventDescriptor _wake = new();
    private PollEntry[] _entries = new PollEntry[2];        // the wake-up, and one connection
    private int _count = 1;
    private int _next;                                      // where the search for the next event begins

    /// <exception cref="SocketException">No descriptor is left.</exception>
    internal PollPoller() => _entries[0] = new PollEntry { Descriptor = _wake.Descriptor, Events = PollCalls.In };

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
        // A descriptor that waits for nothing would still report errors, at every wait: a negative number leaves it out of this one.
        for (var i = 0; i < _count; i++)
        {
            _entries[i].Descriptor = _entries[i].Events == 0 ? ~Number(i) : Number(i);
        }
        return Math.Max(0, _count > FewEntries ? PollCalls.Wait(_entries.AsSpan(0, _count), milliseconds) : WaitForFew(milliseconds));
    }

    public ReadinessEvent Event(int index)
    {
        while (_next < _count && _entries[_next].Found == 0)
        {
            _next++;
        }
        if (_next == _count)
        {
            return new(-1, Readiness.None);     // an entry was removed meanwhile, and another moved there: the next wait finds it
        }
        ref var entry = ref _entries[_next];
        var found = entry.Found;
        entry.Found = 0;
        if (_next == 0)
        {
            _wake.Clear();
            return new(entry.Descriptor, Readiness.None);
        }
        var isBroken = (found & (PollCalls.Error | PollCalls.HangUp | PollCalls.NotOpen)) != 0;
        var readiness = isBroken ? Readiness.Readable | Readiness.Writable : Readiness.None;
        readiness |= (found & PollCalls.In) != 0 ? Readiness.Readable : Readiness.None;
        readiness |= (found & PollCalls.Out) != 0 ? Readiness.Writable : Readiness.None;
        entry.Events &= (short)~((readiness & Readiness.Readable) != 0 ? PollCalls.In : 0);
        entry.Events &= (short)~((readiness & Readiness.Writable) != 0 ? PollCalls.Out : 0);
        return new(entry.Descriptor, readiness);
    }

    public void Wake() => _wake.Signal();

    public void Close() => _wake.Close();

    // On the stack: an array of each of a thousand threads, pinned as long as it waits, would keep the collector from tidying up around it.
    private int WaitForFew(int milliseconds)
    {
        Span<PollEntry> few = stackalloc PollEntry[FewEntries];
        _entries.AsSpan(0, _count).CopyTo(few);
        var found = PollCalls.Wait(few[.._count], milliseconds);
        few[.._count].CopyTo(_entries);
        return found;
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
