using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>
/// A thread for each connection: it runs the connection's handler, and waits in a private loop for this one socket when the handler does.
/// A handler that blocks it delays no other connection. Listeners have a shared loop.
/// </summary>
/// <param name="newPoller">Makes the poller of a loop.</param>
/// <param name="calls">The system's calls.</param>
internal sealed class ThreadsEngine(Func<IPoller> newPoller, SocketCalls calls) : LoopEngine("threads", calls)
{
    // Its socket, and the eventfd that wakes its thread.
    private const int DescriptorsPerConnection = 2;

    internal override long ConnectionsFor(long descriptors) => descriptors / DescriptorsPerConnection;

    internal override Loop Reserve()
    {
        var loop = new PrivateLoop(this, newPoller());
        loop.Retain();
        return Start(loop);
    }

    private protected override Loop MakeFirstLoop() => Start(new SharedLoop(this, newPoller()));

    private static Loop Start(Loop loop)
    {
        try
        {
            loop.Threads.Prepare();
        }
        catch
        {
            loop.Discard();
            throw;
        }
        loop.Threads.Start();
        return loop;
    }
}
