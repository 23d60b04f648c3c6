using System.Net.Sockets;
using Zocalo.Engines.Polling;

namespace Zocalo.Benchmarks.Heart;

/// <summary>
/// Once all connections are registered, each wait ends at once, and every connection is readable. One wait and its events are a round.
/// </summary>
internal sealed class InstantPoller(int connections, InstantCalls calls, SliceMeter meter) : IPoller
{
    private int _registered;

    public int DescriptorLimit => int.MaxValue;

    public SocketError Register(int descriptor, Readiness interest)
    {
        _registered += descriptor == InstantCalls.Listener ? 0 : 1;
        return SocketError.Success;
    }

    public void Modify(int descriptor, Readiness interest)
    {
    }

    public void Deregister(int descriptor) => throw new InvalidOperationException("A connection has ended.");

    public int Wait(int milliseconds)
    {
        if (_registered < connections)
        {
            return 0;       // connections are still being made
        }
        meter.OnRound(calls.Arrived, calls.Sent);
        return connections;
    }

    public ReadinessEvent Event(int index)
    {
        var socket = index + 1;
        calls.Arrive(socket);
        return new(socket, Readiness.Readable);
    }

    public void Wake()
    {
    }

    public void Close()
    {
    }
}
