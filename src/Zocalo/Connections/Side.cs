namespace Zocalo.Connections;

/// <summary>
/// One direction of a connection. It is one object, the engine's half (<see cref="Receiver"/>, <see cref="SendPump"/>) below the program's
/// (<see cref="InputSide"/>, <see cref="OutputSide"/>), and its own lock, which is never held across a call into the engine: most connections are idle, so every object counts.
/// Members named ...Unsynchronized are called under the lock.
/// </summary>
/// <remarks>A monitor, whose exit is a full fence: what is read after it without the lock (is the other side settled?) is read after what was written under it. A lighter lock was tried; it saved 2 % and lost that.</remarks>
internal abstract class Side
{
    private protected Side(ConnectionCore core) => Core = core;

    internal ConnectionCore Core { get; }
}
