namespace Zocalo.Engines;

/// <summary>
/// Where code runs, and by whose clock: the thread pool, a loop, a connection's own thread, a simulation. Each connection has one;
/// placement is handing it another.
/// </summary>
/// <remarks>
/// What a scheduler owes: <see cref="Post"/> comes from any thread, never runs the work inside the call, and takes work also after the
/// connection's socket was closed.
/// <para>It is a <see cref="SynchronizationContext"/> itself, since each connection on a loop has its own, and most connections are idle:
/// one object instead of two.</para>
/// </remarks>
/// <param name="mayYield">See <see cref="MayYield"/>.</param>
internal abstract class EngineScheduler(bool mayYield = false) : SynchronizationContext
{
    /// <summary>Its clock.</summary>
    internal abstract TimeProvider Time { get; }

    /// <summary>
    /// Where asynchronous code (a handler, and library code that awaits a task) resumes after an await. Null: on the thread pool.
    /// </summary>
    internal virtual SynchronizationContext? Context => this;

    /// <summary>Where code of this scheduler may block its thread.</summary>
    internal virtual EngineScheduler ForBlockingCode => PoolScheduler.Shared;

    /// <summary>
    /// Whether the program's operations, which complete at once when they can, may have to let others go first: a simulation's own, so that
    /// what such an await leaves open to others is found. An engine never does it.
    /// </summary>
    internal bool MayYield => mayYield;

    /// <summary>Draws for one operation.</summary>
    /// <returns>Whether it completes behind <paramref name="others"/> and not at once.</returns>
    internal virtual bool TryYield(out Task others)
    {
        others = Task.CompletedTask;
        return false;
    }

    /// <summary>Runs code of the user's (a continuation, a token's callbacks, a handler) here, soon, never inside this call.</summary>
    internal abstract void Post(IThreadPoolWorkItem work);

    /// <summary>Registers the observer of rescues: code of this connection blocked its loop, which was taken over. To be called before the
    /// first post.</summary>
    internal virtual void ObserveRescues(IRescueObserver observer)
    {
    }
}

/// <summary>Is notified when code of a connection has blocked its loop.</summary>
internal interface IRescueObserver
{
    /// <summary>The loop was taken over, and that code runs on the thread pool for now. Called by another thread than the blocked
    /// one.</summary>
    /// <param name="threadsLeft">How many more of the loop's threads may be blocked; at 0 all user code of its connections runs on the
    /// thread pool until one comes back.</param>
    void OnRescued(int threadsLeft);

    /// <summary>That code has made the loop sleep for some milliseconds, again and again, and runs on the thread pool for now. Called by
    /// another thread.</summary>
    void OnSlept();
}
