using System.Net.Sockets;

namespace Zocalo.Engines.Readiness;

/// <summary>
/// The threads of a loop: its owner, those that were late and lost it, and spares. Whoever comes back late becomes a spare. Thread-safe.
/// </summary>
internal sealed class Crew(Loop loop, string engine, bool isPrivate)
{
    // Spares that wait to be needed; more end.
    private const int MostSpares = 4;

    // Threads that may be held up at once. Beyond that handlers do nothing but block, and a loop that waits for one of them is the lesser evil.
    private const int MostLate = 64;

    // Enough for handlers of any reasonable depth. Only what is touched of it costs memory.
    private const int StackBytes = 512 * 1024;

    private readonly Lock _lock = new();
    private Stack<Spare>? _spares;
    private int _late;

    /// <summary>How often the loop was taken over.</summary>
    internal int Rescues { get; private set; }

    /// <summary>
    /// Has a thread ready: for <see cref="Start"/>, and one for the first rescue. To start one takes descriptors too, and there may be none at the moment of need.
    /// </summary>
    /// <exception cref="SocketException">The system starts no more threads.</exception>
    internal void Prepare()
    {
        lock (_lock)
        {
            var thread = TryStartThread() ?? throw new SocketException((int)SocketError.NoBufferSpaceAvailable, "the system starts no more threads for this process (see 'ulimit -u' and vm.max_map_count)");
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
        LoopChannel? held;
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
            thread.Give(new Tenure(loop, next));
            if (!isPrivate && _spares is not { Count: > 0 } && TryStartThread() is { } another)
            {
                Park(another);
            }
        }
        held?.OnRescued();      // a log of the program's may take its time: nobody waits for it here
        return true;
    }

    /// <returns>A thread that waits for a tenure; null when there is none to have.</returns>
    private Spare? FindThread() => _spares is { Count: > 0 } ? _spares.Pop() : TryStartThread();

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
