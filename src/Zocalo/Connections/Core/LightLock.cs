using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>
/// The lock of a half: taken by one compare-and-swap, given back by one write, a third of a monitor's cost. For a few lines that decide
/// something; nothing is posted, and no engine called, under it. It is not re-entrant, and a thread holds one at a time.
/// </summary>
/// <remarks>
/// Giving it back is no full fence. Where two threads each write one thing and look at the other's, each under another lock, a barrier
/// stands between: <see cref="ConnectionCore.EndIfQuiescent"/> and <see cref="ConnectionCore.OnHalfCompleted"/>.
/// </remarks>
internal struct LightLock
{
    [ThreadStatic]
    private static int t_held;      // counted when invariants are checked

    private int _isHeld;

    /// <summary>The calling thread holds none; known when invariants are checked.</summary>
    internal static bool NoneIsHeld => t_held == 0;

    /// <summary>Takes it until the holder is disposed.</summary>
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

    // The holder has a few lines left, or was preempted in them: spinning gives way to it.
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
