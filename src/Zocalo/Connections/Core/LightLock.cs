using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>
/// The lock of a half: taken by one compare-and-swap and released by one write, which costs a third of a monitor. It protects a few lines
/// that decide something; code that holds it does not post and does not call the engine. It is not re-entrant, and a thread holds one at a
/// time.
/// </summary>
/// <remarks>
/// The release is not a full fence. If two threads each write one thing and read the other's, under different locks, a barrier is needed
/// between the write and the read: <see cref="ConnectionCore.EndIfQuiescent"/> and <see cref="ConnectionCore.OnHalfCompleted"/>.
/// </remarks>
internal struct LightLock
{
    [ThreadStatic]
    private static int t_held;      // counted when invariants are checked

    private int _isHeld;

    /// <summary>The calling thread holds none. Known only when invariants are checked.</summary>
    internal static bool NoneIsHeld => t_held == 0;

    /// <summary>Takes the lock until the holder is disposed.</summary>
    [UnscopedRef]
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal Holder Take()
    {
        if (Interlocked.CompareExchange(ref _isHeld, 1, 0) != 0)
        {
            Wait();
        }
        if (Invariants.AreChecked)
        {
            Invariants.Assert(t_held++ == 0, "a thread holds one light lock at a time");
        }
        return new(ref this);
    }

    // The thread that holds the lock has a few lines left, or was preempted in them: the spin yields the processor to it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Wait()
    {
        var spin = new SpinWait();
        do
        {
            spin.SpinOnce();
        }
        while (Volatile.Read(ref _isHeld) != 0 || Interlocked.CompareExchange(ref _isHeld, 1, 0) != 0);
    }

    internal readonly ref struct Holder
    {
        private readonly ref LightLock _lock;

        internal Holder(ref LightLock held) => _lock = ref held;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Dispose()
        {
            if (Invariants.AreChecked)
            {
                t_held--;
            }
            Volatile.Write(ref _lock._isHeld, 0);
        }
    }
}
