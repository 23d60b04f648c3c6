using System.Net.Sockets;

namespace Zocalo.Engines.Polling;

/// <summary>What a descriptor is registered for, or was found to be.</summary>
[Flags]
internal enum Readiness : byte
{
    None = 0,

    /// <summary>A receive, or an accept, has an answer.</summary>
    Readable = 1,

    /// <summary>A send, or a connect, can continue.</summary>
    Writable = 2,

    /// <summary>The peer has finished, the connection is gone, or there is urgent data: a receive may be short before the queue is empty,
    /// and no further event comes for the rest.</summary>
    MayEndEarly = 4,
}

/// <summary>One descriptor, and what it was found to be.</summary>
internal readonly record struct ReadinessEvent(int Descriptor, Readiness Readiness);

/// <summary>
/// What a loop needs of a system's way to wait for many descriptors. Everything is called by the loop's owner, <see cref="Wake"/> from any
/// thread. An event is not repeated until the descriptor's registration is modified, or until there is more of it: its handler receives, or
/// sends, until the system says "would block".
/// </summary>
internal interface IPoller
{
    /// <summary>Descriptors from here on cannot be registered.</summary>
    int DescriptorLimit { get; }

    /// <summary>Whether a registered descriptor has an event when its peer finishes or is gone, whatever it was ready for before.</summary>
    bool TellsOfEnds => false;

    /// <summary>Begins to watch a descriptor.</summary>
    /// <returns>Why it cannot: the system has no memory for it, or reached a limit.</returns>
    SocketError Register(int descriptor, Readiness interest);

    /// <summary>Asks for these events, again or in addition. If the descriptor is ready already, the next wait has the event.</summary>
    void Modify(int descriptor, Readiness interest);

    /// <summary>Ends a registration. The descriptor is still open, and is closed or registered anew before the next wait.</summary>
    void Deregister(int descriptor);

    /// <summary>Waits for at least one event, a wake-up or the end of the time.</summary>
    /// <param name="milliseconds">-1: without limit.</param>
    /// <returns>How many events there are. A wake-up is one of them.</returns>
    int Wait(int milliseconds);

    /// <summary>An event of the last wait: each is asked for once, in the order of the index. A wake-up has the readiness
    /// <see cref="Readiness.None"/>. A descriptor that is registered for nothing has no event, also when it is broken.</summary>
    ReadinessEvent Event(int index);

    /// <summary>Ends the wait in progress, or the next one.</summary>
    void Wake();

    /// <summary>Gives its own descriptors back.</summary>
    void Close();
}
