namespace Zocalo.Connections;

/// <summary>
/// One direction of a connection. It is one object, the engine's half (<see cref="Receiver"/>, <see cref="SendPump"/>) below the program's
/// (<see cref="InputSide"/>, <see cref="OutputSide"/>), and its own lock, which is never held across a call into the engine: most connections are idle, so every object counts.
/// Members named ...Unsynchronized are called under the lock.
/// </summary>
/// <remarks>
/// A side that has become settled calls <see cref="ConnectionCore.TrySettle"/>, which looks at the other one behind a barrier of its own:
/// no lock's exit is relied on to be one.
/// </remarks>
internal abstract class Side
{
    private protected Side(ConnectionCore core) => Core = core;

    internal ConnectionCore Core { get; }
}
