using System.Net.Sockets;

namespace Zocalo.Engines.Loops.Takeover;

/// <summary>
/// The threads of a loop: its owner, those that were late and lost it, and spares. Whoever comes back late becomes a spare. Thread-safe.
/// </summary>
internal sealed class Crew(Loop loop, string engine, bool isPrivate)
{
    // Spares that wait to be needed; more end.
    private const int MostSpares = 4;

    /// <summary>
    /// Threads of one loop that may be held up at once. A thread is a resource (a stack, an entry in the system's table), so there is a
    /// limit; at the limit the loop goes on, and
    /// its connections' code runs on the thread pool, until a thread comes back.
    /// </summary>
    internal const int MostLate = 256;

    // Enough for handlers of any reasonable depth. Only what is touched of it costs memory.
    private const int StackBytes = 512 * 1024;

    private readonly Lock _lock = new();
    private Stack<Spare>? _spares;
    private volatile bool _isSpent;
    private int _late;

    /// <summary>How often the loop was taken over.</summary>
    internal int Rescues { get; private set; }

    /// <summary>Threads that are held up now. Read from any thread.</summary>
    internal int Late => Volatile.Read(ref _late);

    /// <summary>
    /// Nobody could take the loop over from the next owner: at the limit, or because the system gives no thread. Code that may block does
    /// not run on the loop then.
    /// </summary>
    internal bool IsSpent => _isSpent;

    /// <summary>
    /// Has a thread ready: for <see cref="Start"/>, and one for the first rescue. To start one takes descriptors too, and there may be none
    /// at the moment of need.
    /// </summary>
    /// <exception cref="SocketException">The system starts no more threads.</exception>
    internal void Prepare()
    {
        lock (_lock)
        {
            var thread = TryStartThread() ?? throw new SocketException(
                (int)SocketError.NoBufferSpaceAvailable,
                "the system starts no more threads for this process (see 'ulimit -u' and vm.max_map_count)");
            (_spares ??= []).Push(thread);
        }
    }

    /// <summary>Sends those away that were made ready: the loop is not going to run.</summary>
    internal void Dismiss()
    {
        lock (_lock)
        {
            while (_spares is { Count: > 0 })
            {
                _spares.Pop().Give(null);
            }
        }
    }

    /// <summary>The loop begins to run, on the thread that was prepared. Once.</summary>
    internal void Start()
    {
        lock (_lock)
        {
            FindThread()!.Give(new Tenure(loop, 0));
        }
    }

    /// <summary>Takes the loop over from the thread that is in user code, and gives it to another one.</summary>
    /// <param name="word">The loop's word as it was seen.</param>
    /// <returns>False when that turn is over, or no more threads may be late.</returns>
    internal bool TryTakeOver(long word)
    {
        var next = (word >> 1) + 1;
        LoopScheduler? held;
        int left;
        lock (_lock)
        {
            if ((word & 1) == 0 || _late == MostLate || FindThread() is not { } thread)
            {
                return false;
            }
            if (!loop.TryMove(word, next << 1))
            {
                Park(thread);
                return false;
            }
            _late++;
            Rescues++;
            held = loop.OnTakenOver();
            _isSpent = !TryPrepareNext();       // before the next owner begins, since it looks before it runs what may block
            left = _isSpent ? 0 : MostLate - _late;
            thread.Give(new Tenure(loop, next));
        }
        held?.OnRescued(left);      // a log of the program's may take its time: nobody waits for it here
        return true;
    }

    /// <returns>A thread that waits for a tenure; null when there is none to have.</returns>
    private Spare? FindThread() => _spares is { Count: > 0 } ? _spares.Pop() : TryStartThread();

    /// <summary>Has a thread ready for the next take-over; a private loop, of which there are many, starts it when it needs it.</summary>
    /// <returns>False when there must not be one, or the system gives none.</returns>
    private bool TryPrepareNext()
    {
        if (_late == MostLate)
        {
            return false;
        }
        if (isPrivate || _spares is { Count: > 0 })
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

    /// <summary>Keeps it for the next time; a private loop, which may have ended, keeps none.</summary>
    private void Park(Spare thread)
    {
        if (isPrivate)
        {
            thread.Give(null);
        }
        else
        {
            (_spares ??= []).Push(thread);
        }
    }

    private Spare? TryStartThread()
    {
        var spare = new Spare();
        try
        {
            new Thread(() => Work(spare), StackBytes) { IsBackground = true, Name = $"zocalo {engine}" }.UnsafeStart();
            return spare;
        }
        catch (OutOfMemoryException)        // that is how the runtime says that the system gives no thread
        {
            return null;
        }
    }

    private void Work(Spare spare)
    {
        while (spare.Wait() is { } tenure)
        {
            loop.Run(tenure);
            if (!TryRest(spare))
            {
                return;
            }
        }
    }

    /// <summary>The loop has ended, or was taken over.</summary>
    /// <returns>False when this thread is not needed any more.</returns>
    private bool TryRest(Spare spare)
    {
        lock (_lock)
        {
            _late--;        // a loop that ends is private, and nobody counts any more
            _isSpent = false;
            if (isPrivate || _spares?.Count >= MostSpares)
            {
                return false;
            }
            (_spares ??= []).Push(spare);
            return true;
        }
    }

    /// <summary>A thread that waits to own the loop.</summary>
    private sealed class Spare
    {
        private readonly SemaphoreSlim _given = new(0);
        private Tenure? _tenure;

        /// <param name="tenure">Null: it is not needed any more.</param>
        internal void Give(Tenure? tenure)
        {
            _tenure = tenure;
            _given.Release();
        }

        internal Tenure? Wait()
        {
            _given.Wait();
            return _tenure;
        }
    }
}
