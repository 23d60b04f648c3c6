using System.Net.Sockets;
using Zocalo.Engines.Native;

namespace Zocalo.Engines.Readiness;

/// <summary>poll(2), for the few descriptors of a private loop: one list, handed over at each wait.</summary>
internal sealed class PollPoller : IPoller
{
    private const int FewEntries = 4;

    private readonly EventDescriptor _wake = new();
    private PollEntry[] _entries = new PollEntry[2];        // the wake-up, and one connection
    private int _count = 1;
    private int _next;                                      // where to look for the next event

    internal PollPoller() => _entries[0] = new PollEntry { Descriptor = _wake.Descriptor, Asked = PollCalls.In };

    public int DescriptorLimit => int.MaxValue;

    public SocketError Register(int descriptor, Readiness interest)
    {
        if (_count == _entries.Length)
        {
            Array.Resize(ref _entries, _count * 2);
        }
        _entries[_count++] = new PollEntry { Descriptor = descriptor, Asked = ToEvents(interest) };
        return SocketError.Success;
    }

    public void Modify(int descriptor, Readiness interest)
    {
        ref var entry = ref _entries[IndexOf(descriptor)];
        entry.Asked |= ToEvents(interest);
    }

    public void Remove(int descriptor)
    {
        var index = IndexOf(descriptor);
        _entries[index] = _entries[--_count];
        _entries[_count] = default;
    }

    public int Wait(int milliseconds)
    {
        _next = 0;
        // Asked for nothing, a descriptor would still tell of errors, again and again: so it is left out of this wait, by a negative number.
        for (var i = 0; i < _count; i++)
        {
            _entries[i].Descriptor = _entries[i].Asked == 0 ? ~Number(i) : Number(i);
        }
        if (_count > FewEntries)
        {
            return Math.Max(0, PollCalls.Wait(_entries.AsSpan(0, _count), milliseconds));
        }
        // On the stack: an array of each of a thousand threads, pinned as long as it waits, would keep the collector from tidying up around it.
        Span<PollEntry> few = stackalloc PollEntry[FewEntries];
        _entries.AsSpan(0, _count).CopyTo(few);
        var told = Math.Max(0, PollCalls.Wait(few[.._count], milliseconds));
        few[.._count].CopyTo(_entries);
        return told;
    }

    public ReadinessEvent Event(int index)
    {
        while (_next < _count && _entries[_next].Told == 0)
        {
            _next++;
        }
        if (_next == _count)
        {
            return new(-1, Readiness.None);     // somebody was removed meanwhile, and another took that place: the next wait tells
        }
        ref var entry = ref _entries[_next];
        var told = entry.Told;
        entry.Told = 0;
        if (_next == 0)
        {
            _wake.Clear();
            return new(entry.Descriptor, Readiness.None);
        }
        var isBroken = (told & (PollCalls.Error | PollCalls.HangUp | PollCalls.NotOpen)) != 0;
        var readiness = isBroken ? Readiness.Readable | Readiness.Writable : Readiness.None;
        readiness |= (told & PollCalls.In) != 0 ? Readiness.Readable : Readiness.None;
        readiness |= (told & PollCalls.Out) != 0 ? Readiness.Writable : Readiness.None;
        entry.Asked &= (short)~((readiness & Readiness.Readable) != 0 ? PollCalls.In : 0);
        entry.Asked &= (short)~((readiness & Readiness.Writable) != 0 ? PollCalls.Out : 0);
        return new(entry.Descriptor, readiness);
    }

    public void Wake() => _wake.Signal();

    public void Close() => _wake.Close();

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
