using System.Net.Sockets;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops.Sockets;

/// <summary>
/// The life of a descriptor on a loop: it counts as one of the loop's users, is registered when it has to wait, and is closed once, at the
/// end of a batch of events. A struct, since an idle connection is to have few objects. Belongs to the loop's owner.
/// </summary>
internal struct LoopDescriptor(Loop loop, int number)
{
    private bool _isClosed;

    internal readonly Loop Loop => loop;

    internal readonly SocketCalls Calls => loop.Calls;

    internal readonly int Number => number;

    internal readonly bool IsClosed => _isClosed;

    /// <returns>Why it cannot be registered, and so would wait for ever.</returns>
    internal readonly SocketError Register(IRegistered handler, Readiness interest) => loop.Register(number, handler, interest);

    internal readonly void Deregister(IRegistered handler) => loop.Deregister(number, handler);

    /// <returns>False when it was closed before.</returns>
    internal bool TryClose(IRegistered handler)
    {
        if (_isClosed)
        {
            return false;
        }
        _isClosed = true;
        loop.Deregister(number, handler);
        loop.CloseAfterBatch(number);
        loop.Release();
        return true;
    }
}
