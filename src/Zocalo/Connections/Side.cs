namespace Zocalo.Connections;

/// <summary>
/// One direction of a connection. It is one object, the engine's half (<see cref="Receiver"/>, <see cref="SendPump"/>) below the program's
/// (<see cref="InputSide"/>, <see cref="OutputSide"/>), and its own lock, which is never held across a call into the engine: most connections are idle, so every object counts.
/// Members named ...Unsynchronized are called under the lock.
/// </summary>
/// <remarks>
/// The lock is a spinning one, and not to be entered twice by one thread: what it guards takes nanoseconds, calls nothing that is not ours, and hardly ever meets another thread, while a message
/// passes it eight times. A monitor's two atomic operations and its owner's name would be a tenth of an echo.
/// </remarks>
internal abstract class Side
{
    private int _held;

    private protected Side(ConnectionCore core) => Core = core;

    internal ConnectionCore Core { get; }

    /// <summary>Takes the lock until the answer is disposed of.</summary>
    internal Hold Enter()
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
        {
            WaitAndEnter();
        }
        return new Hold(this);
    }

    private void WaitAndEnter()
    {
        SpinWait wait = default;
        do
        {
            wait.SpinOnce();
        }
        while (Interlocked.CompareExchange(ref _held, 1, 0) != 0);
    }

    internal readonly ref struct Hold(Side side)
    {
        public void Dispose() => Volatile.Write(ref side._held, 0);
    }
}
