using System.Net.Sockets;

namespace Zocalo.Engines.Polling;

/// <summary>What a descriptor is watched for, or has been found to be.</summary>
[Flags]
internal enum Readiness
{
    None = 0,

    /// <summary>A receive, or an accept, has an answer.</summary>
    Readable = 1,

    /// <summary>A send, or a connect, can go on.</summary>
    Writable = 2,

    /// <summary>The peer has finished, the connection is gone, or urgent data marks a place: what is queued may end before it is empty, and
    /// no further event would tell of the rest.</summary>
    MayEndEarly = 4,
}

/// <summary>One descriptor, and what it was found to be.</summary>
internal readonly record struct ReadinessEvent(int Descriptor, Readiness Readiness);

/// <summary>
/// The short list of what a loop asks of the system's ways to wait for many descriptors. Everything is called by the loop's owner,
/// <see cref="Wake"/> from any thread. What was told is not told again until it is asked for again, or until there is more of it: whoever
/// is told tries until the system says "would block".
/// </summary>
internal interface IPoller
{
    /// <summary>Descriptors from here on cannot be watched.</summary>
    int DescriptorLimit { get; }

    /// <summary>Begins to watch.</summary>
    /// <returns>Why it cannot: the system has no memory for it, or reached a limit.</returns>
    SocketError Register(int descriptor, Readiness interest);

    /// <summary>Asks again, for these. One that is ready already is told at the next wait.</summary>
    void Modify(int descriptor, Readiness interest);

    /// <summary>Ends it. The descriptor is still open, and is closed or registered anew before the next wait.</summary>
    void Remove(int descriptor);

    /// <summary>Waits for at least one event, a wake-up or the end of the time.</summary>
    /// <param name="milliseconds">-1: without limit.</param>
    /// <returns>How many events there are.</returns>
    int Wait(int milliseconds);

    /// <summary>One of the events of the last wait.</summary>
    ReadinessEvent Event(int index);

    /// <summary>Ends the wait that is going on, or the next one.</summary>
    void Wake();

    /// <summary>Gives its own descriptors back.</summary>
    void Close();
}
