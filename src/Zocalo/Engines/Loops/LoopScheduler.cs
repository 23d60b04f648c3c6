using Zocalo.Engines.Loops.Takeover;

namespace Zocalo.Engines.Loops;

/// <summary>
/// A loop as the place of one connection's code, or of the engine's own. It promises a place and not mutual exclusion: a loop that is taken
/// over goes on beside the code that holds it up, and a connection that was found to block its loop goes on on the thread pool.
/// </summary>
internal sealed class LoopScheduler : EngineScheduler
{
    private readonly Loop _loop;
    private IRescueObserver? _observer;
    private volatile Place _place;

    private LoopScheduler(Loop loop, Place place)
    {
        _loop = loop;
        _place = place;
        SetWaitNotificationRequired();
    }

    private enum Place : byte
    {
        Engine,         // on the loop always: nothing of the engine's own blocks
        Loop,
        Pool,
    }

    internal override TimeProvider Time => _loop.Engine.Time;

    internal override SynchronizationContext? Context => IsOnPool ? null : this;

    /// <summary>It is a connection's.</summary>
    internal bool IsConnections => _place != Place.Engine;

    internal bool IsOnPool => _place == Place.Pool;

    /// <summary>For code of the engine that belongs to no connection.</summary>
    internal static LoopScheduler OfEngine(Loop loop) => new(loop, Place.Engine);

    /// <summary>For code of a connection.</summary>
    internal static LoopScheduler OfConnection(Loop loop, bool onPool) => new(loop, onPool ? Place.Pool : Place.Loop);

    internal override void TellOfRescues(IRescueObserver observer) => _observer = observer;

    internal void OnRescued(int threadsLeft) => _observer?.OnRescued(threadsLeft);

    /// <summary>From now on the connection's code runs on the thread pool.</summary>
    internal void MoveToPool() => _place = Place.Pool;

    internal override void Post(IThreadPoolWorkItem work) => Post(new WorkItem(work, this));

    public override void Post(SendOrPostCallback d, object? state) => Post(new WorkItem(d, state, this));

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (_loop.IsHere)
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

    /// <summary>Some code blocks its thread, which may be the loop's.</summary>
    public override int Wait(nint[] waitHandles, bool waitAll, int millisecondsTimeout) =>
        _loop.IsHere
            ? BlockedTurn.Wait(_loop, waitHandles, waitAll, millisecondsTimeout)
            : WaitHelper(waitHandles, waitAll, millisecondsTimeout);

    /// <summary>The wait itself.</summary>
    internal static int WaitPlainly(nint[] waitHandles, bool waitAll, int millisecondsTimeout) =>
        WaitHelper(waitHandles, waitAll, millisecondsTimeout);

    private void Post(in WorkItem item)
    {
        if (IsOnPool)
        {
            item.RunOnPool();
        }
        else
        {
            _loop.Add(item);
        }
    }
}
