using Zocalo.Engines.Readiness;
using Zocalo.Engines.Sockets;

namespace Zocalo.Engines.Blocking;

/// <summary>
/// A thread for each connection: it runs the connection's handler, and waits in a private loop for this one socket when the handler does. Whoever blocks it holds up nobody else.
/// </summary>
internal sealed class BlockingEngine(Func<IPoller> newPoller, SocketCalls calls) : LoopEngine("threads", calls)
{
    // The connection's own, and the one by which other threads wake its thread.
    internal override int DescriptorsPerConnection => 2;

    internal override Loop Reserve()
    {
        var loop = new Loop(this, newPoller(), isPrivate: true);
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
        var loop = new Loop(this, newPoller(), isPrivate: false);
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
