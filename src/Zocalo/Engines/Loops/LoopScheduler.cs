using Zocalo.Engines.Loops.Takeover;

namespace Zocalo.Engines.Loops;

/// <summary>
/// A loop as the scheduler of one connection's code, or of the engine's own. It promises a place and not mutual exclusion: a loop that is
/// taken over runs beside the code that blocks its former owner, and a connection that was found to block its loop runs on the thread pool
/// until it has not blocked for a while (<see cref="SleepRecord"/>).
/// </summary>
internal sealed class LoopScheduler : EngineScheduler
{
    private static readonly SendOrPostCallback Execute = static work => ((IThreadPoolWorkItem)work!).Execute();

    private readonly Loop _loop;
    private IRescueObserver? _observer;
    private volatile Target _target;

    private LoopScheduler(Loop loop, Target target)
    {
        _loop = loop;
        _target = target;
        SetWaitNotificationRequired();
    }

    private enum Target : byte
    {
        Engine,         // always on the loop: the engine's own code does not block
        Loop,
        LoopAgain,      // its code may have lost the context, and gets it with each callback
        PoolForNow,     // it has blocked its loop
        Pool,
    }

    internal override TimeProvider Time => _loop.Engine.Time;

    internal override SynchronizationContext? Context => IsOnPool ? null : this;

    /// <summary>It is for code of a connection.</summary>
    internal bool IsConnections => _target != Target.Engine;

    internal bool IsOnPool => _target >= Target.PoolForNow;

    /// <summary>How its code blocked the loop; null: it never did.</summary>
    internal SleepRecord? Sleeps { get; private set; }

    /// <summary>For code of the engine that belongs to no connection.</summary>
    internal static LoopScheduler OfEngine(Loop loop) => new(loop, Target.Engine);

    /// <summary>For code of a connection.</summary>
    internal static LoopScheduler OfConnection(Loop loop, bool onPool) => new(loop, onPool ? Target.Pool : Target.Loop);

    internal override void ObserveRescues(IRescueObserver observer) => _observer = observer;

    internal void OnRescued(int threadsLeft) => _observer?.OnRescued(threadsLeft);

    /// <summary>The connection's code runs on the thread pool, until it has not blocked for a while.</summary>
    internal void MoveToPool()
    {
        (Sleeps ??= new(_loop.Engine.Clock)).Leave();
        _target = Target.PoolForNow;
    }

    /// <summary>The connection's code has made the loop sleep for a short while. Called by the watchdog.</summary>
    internal void OnSlept()
    {
        if ((Sleeps ??= new(_loop.Engine.Clock)).Add())
        {
            MoveToPool();
            _observer?.OnSlept();
        }
    }

    internal override void Post(IThreadPoolWorkItem work)
    {
        if (_target <= Target.Loop)
        {
            _loop.Post(new WorkItem(work, this));
        }
        else if (IsOnPoolNow())
        {
            new WorkItem(work, this).RunOnPool();
        }
        else
        {
            _loop.Post(new WorkItem(Execute, work, this));
        }
    }

    public override void Post(SendOrPostCallback d, object? state)
    {
        var item = new WorkItem(d, state, this);
        if (_target > Target.Loop && IsOnPoolNow())
        {
            item.RunOnPool();
        }
        else
        {
            _loop.Post(item);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (_loop.IsOwner)
        {
            d(state);
            return;
        }
        var done = new TaskCompletionSource();
        Post(
            _ =>
            {
                try
                {
                    d(state);
                    done.SetResult();
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            },
            null);
        done.Task.GetAwaiter().GetResult();
    }

    public override SynchronizationContext CreateCopy() => this;

    /// <summary>The runtime calls this when code blocks its thread, which may be the loop's owner.</summary>
    public override int Wait(nint[] waitHandles, bool waitAll, int millisecondsTimeout) =>
        _loop.IsOwner
            ? BlockedCallback.Wait(_loop, waitHandles, waitAll, millisecondsTimeout)
            : WaitHelper(waitHandles, waitAll, millisecondsTimeout);

    /// <summary>The wait itself.</summary>
    internal static int WaitWithoutTakeover(nint[] waitHandles, bool waitAll, int millisecondsTimeout) =>
        WaitHelper(waitHandles, waitAll, millisecondsTimeout);

    /// <summary>Brings a connection back to its loop when its time on the pool is over.</summary>
    private bool IsOnPoolNow()
    {
        if (_target == Target.PoolForNow && Sleeps!.IsOver())
        {
            _target = Target.LoopAgain;
        }
        return IsOnPool;
    }
}
