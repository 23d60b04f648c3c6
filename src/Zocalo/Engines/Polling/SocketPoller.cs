using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>Socket.Select, for the few sockets of a private loop where there is no poll(2). A <see cref="SignalSocket"/> wakes
/// it.</summary>
internal sealed class SocketPoller : IPoller
{
    private const int LongestWait = 1_000_000_000;      // microseconds; Select takes an int

    private readonly PortableSocketCalls _calls;
    private readonly SignalSocket _wake = new();
    private readonly Dictionary<int, Readiness> _interests = [];
    private readonly List<ReadinessEvent> _told = [];

    /// <exception cref="SocketException">No socket is left.</exception>
    internal SocketPoller(PortableSocketCalls calls) => _calls = calls;

    public int DescriptorLimit => int.MaxValue;

    public SocketError Register(int descriptor, Readiness interest)
    {
        _interests[descriptor] = interest;
        return SocketError.Success;
    }

    public void Modify(int descriptor, Readiness interest) => _interests[descriptor] |= interest;

    public void Deregister(int descriptor) => _interests.Remove(descriptor);

    public int Wait(int milliseconds)
    {
        _told.Clear();
        var readers = Interested(Readiness.Readable);
        var writers = Interested(Readiness.Writable);
        var broken = new List<Socket>(readers.Concat(writers));
        readers.Add(_wake.Readable);
        try
        {
            Socket.Select(readers, writers, broken, milliseconds < 0 ? LongestWait : (int)Math.Min(milliseconds * 1000L, LongestWait));
        }
        catch (Exception error) when (error is ObjectDisposedException or SocketException)
        {
            return 0;       // a listener was closed beside the wait; its owner takes it out in its next turn
        }
        if (readers.Remove(_wake.Readable))
        {
            _wake.Clear();
        }
        foreach (var (descriptor, interest) in _interests)
        {
            var socket = _calls.Find(descriptor);
            var isBroken = socket is null || broken.Contains(socket);
            var found = Readiness.None;
            found |= socket is not null && (isBroken || readers.Contains(socket)) ? Readiness.Readable : Readiness.None;
            found |= socket is not null && (isBroken || writers.Contains(socket)) ? Readiness.Writable : Readiness.None;
            if ((found & interest) != 0)
            {
                _told.Add(new(descriptor, found & interest));
            }
        }
        foreach (var (descriptor, readiness) in _told)
        {
            _interests[descriptor] &= ~readiness;       // told once
        }
        return _told.Count;
    }

    public ReadinessEvent Event(int index) => _told[index];

    public void Wake() => _wake.Signal();

    public void Close() => _wake.Dispose();

    private List<Socket> Interested(Readiness interest) =>
    [
        .. _interests
            .Where(each => (each.Value & interest) != 0)
            .Select(each => _calls.Find(each.Key))
            .Where(socket => socket is { SafeHandle.IsClosed: false })
            .Select(socket => socket!),
    ];
}
