using System.Net.Sockets;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// The threads of a loop: its owner; blocked threads, from which the loop was taken over; and standby threads. A blocked thread that comes
/// back becomes a standby thread. Thread-safe.
/// </summary>
/// <param name="loop">The loop.</param>
/// <param name="engine">The name of its engine, by which the threads are named.</param>
/// <param name="mostStandbys">Standby threads beyond this number end; 0: a take-over starts a thread of its own.</param>
internal sealed class LoopThreads(Loop loop, string engine, int mostStandbys)
{
    /// <summary>
    /// Threads of one loop that may be blocked at once. A thread is a resource (a stack, an entry in the system's table), so there is a
    /// limit. At the limit the loop continues, and its connections' code runs on the thread pool until a thread comes back.
    /// </summary>
    internal const int MostBlocked = 256;

    // Enough for handlers of any reasonable depth. Only what is touched of it costs memory.
    private const int StackBytes = 512 * 1024;

    private readonly Lock _lock = new();
    private Stack<StandbyThread>? _standbys;
    private volatile bool _hasNoStandby;
    private int _blocked;

    /// <summary>How often the loop was taken over.</summary>
    internal int Rescues { get; private set; }

    /// <summary>Threads that are blocked now. Read from any thread.</summary>
    internal int Blocked => Volatile.Read(ref _blocked);

    /// <summary>
    /// No thread could take the loop over from its present owner: the limit is reached, or the system gives no thread. Code that may block
    /// does not run on the loop then.
    /// </summary>
    internal bool HasNoStandby => _hasNoStandby;

    /// <summary>
    /// Makes a standby thread: one for <see cref="Start"/>, and one for the first rescue. To start a thread takes descriptors too, and
    /// there may be none at the moment of need.
    /// </summary>
    /// <exception cref="SocketException">The system starts no more threads.</exception>
    internal void Prepare()
    {
        lock (_lock)
        {
            var thread = TryStartThread() ?? throw new SocketException(
                (int)SocketError.NoBufferSpaceAvailable,
                "the system starts no more threads for this process (see 'ulimit -u' and vm.max_map_count)");
            (_standbys ??= []).Push(thread);
        }
    }

    /// <summary>Ends the standby threads: the loop is not going to run.</summary>
    internal void Dismiss()
    {
        lock (_lock)
        {
            while (_standbys is { Count: > 0 })
            {
                _standbys.Pop().Give(null);
            }
        }
    }

    /// <summary>The loop begins to run, on the thread that was prepared. Once.</summary>
    internal void Start()
    {
        lock (_lock)
        {
            FindThread()!.Give(new LoopOwnership(loop, 0));
        }
    }

    /// <summary>Takes the loop over from the thread that is in user code, and gives it to a standby thread.</summary>
    /// <param name="word">The loop's word as it was seen.</param>
    /// <returns>False when that callback is over, or no thread is to be had.</returns>
    internal bool TryTakeOver(long word)
    {
        var next = (word >> 1) + 1;
        LoopScheduler? blocked;
        int left;
        lock (_lock)
        {
            if ((word & 1) == 0 || _blocked == MostBlocked || FindThread() is not { } thread)
            {
                return false;
            }
            if (!loop.TryMove(word, next << 1))
            {
                Park(thread);
                return false;
            }
            _blocked++;
            Rescues++;
            blocked = loop.OnTakenOver();
            _hasNoStandby = !TryPrepareNext();       // before the next owner begins: it looks at this before it runs user code
            left = _hasNoStandby ? 0 : MostBlocked - _blocked;
            thread.Give(new LoopOwnership(loop, next));
        }
        blocked?.OnRescued(left);       // without the lock: a log of the program's may take its time
        return true;
    }

    /// <returns>A standby thread; null when the system gives none.</returns>
    private StandbyThread? FindThread() => _standbys is { Count: > 0 } ? _standbys.Pop() : TryStartThread();

    /// <summary>Makes a standby thread for the next take-over, on a loop that keeps some.</summary>
    /// <returns>False when there must not be one, or the system gives none.</returns>
    private bool TryPrepareNext()
    {
        if (_blocked == MostBlocked)
        {
            return false;
        }
        if (mostStandbys == 0 || _standbys is { Count: > 0 })
        {
            return true;
        }
        if (TryStartThread() is not { } another)
        {
            return false;
        }
        Park(another);
        return true;
    }

    /// <summary>Keeps the thread for the next time, on a loop that keeps some; another loop may have ended.</summary>
    private void Park(StandbyThread thread)
    {
        if (mostStandbys == 0)
        {
            thread.Give(null);
        }
        else
        {
            (_standbys ??= []).Push(thread);
        }
    }

    private StandbyThread? TryStartThread()
    {
        var standby = new StandbyThread();
        try
        {
            new Thread(() => Work(standby), StackBytes) { IsBackground = true, Name = $"zocalo {engine}" }.UnsafeStart();
            return standby;
        }
        catch (OutOfMemoryException)        // how the runtime says that the system gives no thread
        {
            return null;
        }
    }

    private void Work(StandbyThread standby)
    {
        while (standby.Wait() is { } ownership)
        {
            loop.Run(ownership);
            if (!TryStandBy(standby))
            {
                return;
            }
        }
    }

    /// <summary>The loop has ended, or was taken over.</summary>
    /// <returns>False when this thread is not needed any more.</returns>
    private bool TryStandBy(StandbyThread standby)
    {
        lock (_lock)
        {
            _blocked--;        // of a private loop that ends the count does not matter any more
            _hasNoStandby = false;
            if ((_standbys?.Count ?? 0) >= mostStandbys)
            {
                return false;
            }
            (_standbys ??= []).Push(standby);
            return true;
        }
    }

    /// <summary>A thread that waits to own the loop.</summary>
    private sealed class StandbyThread
    {
        private readonly SemaphoreSlim _given = new(0);
        private LoopOwnership? _ownership;

        /// <param name="ownership">Null: the thread is not needed any more.</param>
        internal void Give(LoopOwnership? ownership)
        {
            _ownership = ownership;
            _given.Release();
        }

        internal LoopOwnership? Wait()
        {
            _given.Wait();
            return _ownership;
        }
    }
}
