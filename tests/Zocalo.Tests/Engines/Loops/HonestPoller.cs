using System.Net.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>
/// A poller that makes an injected "would block", or an injected short count, truthful: the system would tell as soon as it no longer
/// holds, so the next wait tells of every descriptor that was denied. Without it an edge-triggered poller, which has told of those bytes
/// already, would be silent for ever, and rightly so.
/// </summary>
internal sealed class HonestPoller(IPoller inner, InjectedCalls calls) : IPoller
{
    private readonly HashSet<int> _watched = [];
    private readonly List<int> _told = [];

    public int DescriptorLimit => inner.DescriptorLimit;

    public SocketError Register(int descriptor, Readiness interest)
    {
        _watched.Add(descriptor);
        return inner.Register(descriptor, interest);
    }

    public void Modify(int descriptor, Readiness interest) => inner.Modify(descriptor, interest);

    public void Deregister(int descriptor)
    {
        _watched.Remove(descriptor);
        inner.Deregister(descriptor);
    }

    public int Wait(int milliseconds)
    {
        _told.Clear();
        foreach (var descriptor in _watched)
        {
            if (calls.Denied.TryRemove(descriptor, out _))
            {
                _told.Add(descriptor);
            }
        }
        return _told.Count + inner.Wait(_told.Count > 0 ? 0 : milliseconds);
    }

    public ReadinessEvent Event(int index) => index < _told.Count
        ? new(_told[index], Readiness.Readable | Readiness.Writable)
        : inner.Event(index - _told.Count);

    public void Wake() => inner.Wake();

    public void Close() => inner.Close();
}
