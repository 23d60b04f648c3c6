using Zocalo.Engines.Readiness;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Blocking;

/// <summary>
/// A thread for each connection: it runs the connection's handler, and waits in a private loop for this one socket when the handler does.
/// Whoever blocks it holds up nobody else.
/// </summary>
internal sealed class BlockingEngine : LoopEngine
{
    private readonly Func<IPoller> _newPoller;
    private readonly SharedWakes? _wakes;

    /// <param name="newPoller">Makes the poller of a loop.</param>
    /// <param name="calls">The system's calls.</param>
    /// <param name="sharesWakes">Loops of connections wait by poll(2) and share wake-ups, and only that of the listeners, which is woken
    /// more often than others, has one of its own.</param>
    internal BlockingEngine(Func<IPoller> newPoller, SocketCalls calls, bool sharesWakes) : base("threads", calls)
    {
        _newPoller = newPoller;
        _wakes = sharesWakes ? new SharedWakes() : null;
        Capabilities = EngineCapabilities.ThreadPerConnection;
    }

    // Its own, and its part of the one by which other threads wake its thread; two where that is a pair of sockets.
    internal override long ConnectionsFor(long descriptors) =>
        _wakes is null ? descriptors / 3 : descriptors * SharedWakes.Seats / (SharedWakes.Seats + 1);

    internal override Loop Reserve()
    {
        var loop = new Loop(this, _wakes is null ? _newPoller() : new PollPoller(_wakes.TakeSeat()), isPrivate: true);
        loop.Retain();
        try
        {
            loop.Crew.Prepare();
            loop.Crew.Start();
            return loop;
        }
        catch
        {
            loop.Discard();
            throw;
        }
    }

    private protected override Loop MakeFirstLoop()
    {
        var loop = new Loop(this, _newPoller(), isPrivate: false);
        try
        {
            loop.Crew.Prepare();
        }
        catch
        {
            loop.Discard();
            throw;
        }
        loop.Crew.Start();
        return loop;
    }
}
