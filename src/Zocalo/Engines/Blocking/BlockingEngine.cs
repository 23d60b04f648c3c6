using Zocalo.Engines.Readiness;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Blocking;

/// <summary>
/// A thread for each connection: it runs the connection's handler, and waits in a private loop for this one socket when the handler does. Whoever blocks it holds up nobody else.
/// </summary>
internal sealed class BlockingEngine : LoopEngine
{
    private readonly Func<IPoller> _newPoller;
    private readonly SharedWakes? _wakes;

    /// <summary>Every loop has a wake-up of its own.</summary>
    internal BlockingEngine(Func<IPoller> newPoller, SocketCalls calls) : base("threads", calls) => _newPoller = newPoller;

    /// <summary>With poll(2), loops of connections share wake-ups.</summary>
    /// <param name="newPoller">For the loop of listeners, which is woken more often than others: it shares with nobody.</param>
    /// <param name="calls">The system's calls.</param>
    internal BlockingEngine(Func<PollPoller> newPoller, SocketCalls calls) : this((Func<IPoller>)newPoller, calls) => _wakes = new SharedWakes();

    // Its own, and its part of the one by which other threads wake its thread.
    internal override long ConnectionsFor(long descriptors) => _wakes is null ? descriptors / 2 : descriptors * SharedWakes.Seats / (SharedWakes.Seats + 1);

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
