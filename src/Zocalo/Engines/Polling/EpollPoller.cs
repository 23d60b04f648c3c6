using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>
/// epoll(7), edge-triggered: a descriptor is registered once and for all, so that asking again costs no system call. Only a descriptor that
/// has to wait for room to send is modified, to wait for that too: a Unix socket has an event of room whenever its peer reads, and most
/// never need it.
/// </summary>
internal sealed class EpollPoller : IPoller
{
    private const int EventsAtOnce = 256;
    private const uint Always = EpollCalls.In | EpollCalls.PeerFinished | EpollCalls.Urgent | EpollCalls.EdgeTriggered;

    private readonly int _epoll;
    private readonly EventDescriptor _wake;
    private readonly HashSet<int> _writers = [];        // registered for room as well
    private readonly byte[] _events = GC.AllocateUninitializedArray<byte>(EventsAtOnce * EpollCalls.SizeOfEvent, pinned: true);

    internal EpollPoller()
    {
        _wake = new EventDescriptor();
        _epoll = EpollCalls.Create();
        if (_epoll < 0)
        {
            _wake.Close();
        }
        Check(_epoll);
        Check(EpollCalls.Control(
            _epoll, EpollCalls.Add, _wake.Descriptor, EpollCalls.In | EpollCalls.EdgeTriggered, (ulong)_wake.Descriptor));
    }

    public int DescriptorLimit => int.MaxValue;

    public bool TellsOfEnds => true;

    public SocketError Register(int descriptor, Readiness interest)
    {
        var answer = EpollCalls.Control(_epoll, EpollCalls.Add, descriptor, ToEvents(interest), (ulong)descriptor);
        if (answer == -Errno.Exists)
        {
            answer = EpollCalls.Control(_epoll, EpollCalls.Modify, descriptor, ToEvents(interest), (ulong)descriptor);
        }
        if ((interest & Readiness.Writable) != 0)
        {
            _writers.Add(descriptor);
        }
        return Errno.ToSocketError(-Math.Min(answer, 0));
    }

    public void Modify(int descriptor, Readiness interest)
    {
        if ((interest & Readiness.Writable) != 0 && _writers.Add(descriptor))
        {
            Check(EpollCalls.Control(_epoll, EpollCalls.Modify, descriptor, ToEvents(interest), (ulong)descriptor));
        }
    }

    // Closing it removes it from the kernel's list (epoll(7), question 6).
    public void Deregister(int descriptor) => _writers.Remove(descriptor);

    public int Wait(int milliseconds) => Math.Max(0, EpollCalls.Wait(_epoll, _events, milliseconds));     // EINTR: an empty round

    public ReadinessEvent Event(int index)
    {
        var (events, data) = EpollCalls.Read(_events, index);
        var descriptor = (int)data;
        if (descriptor == _wake.Descriptor)
        {
            _wake.Clear();
        }
        var readiness = (events & (EpollCalls.In | EpollCalls.Error | EpollCalls.HangUp | EpollCalls.PeerFinished)) != 0
            ? Readiness.Readable
            : Readiness.None;
        readiness |= (events & (EpollCalls.Out | EpollCalls.Error | EpollCalls.HangUp)) != 0 ? Readiness.Writable : Readiness.None;
        readiness |= (events & ~(EpollCalls.In | EpollCalls.Out)) != 0 ? Readiness.MayEndEarly : Readiness.None;
        return new(descriptor, readiness);
    }

    public void Wake() => _wake.Signal();

    public void Close()
    {
        EpollCalls.Close(_epoll);
        _wake.Close();
    }

    private static uint ToEvents(Readiness interest) => Always | ((interest & Readiness.Writable) != 0 ? EpollCalls.Out : 0);

    private static void Check(int answer)
    {
        if (answer < 0)
        {
            throw new SocketException((int)Errno.ToSocketError(-answer));
        }
    }
}
