namespace Zocalo.Engines.Readiness;

/// <summary>
/// Brings what is awaited back to a loop. It promises a place and not mutual exclusion: a loop that is taken over goes on beside the code that holds it up, and a connection that was found to
/// block its loop goes on on the thread pool.
/// </summary>
internal sealed class LoopContext : SynchronizationContext
{
    private readonly object _place;     // a LoopSocket, or a Loop: one reference, since each connection has a context

    /// <summary>For code of a connection.</summary>
    internal LoopContext(LoopSocket connection) : this((object)connection)
    {
    }

    /// <summary>For code of the engine that belongs to no connection.</summary>
    internal LoopContext(Loop loop) : this((object)loop)
    {
    }

    private LoopContext(object place)
    {
        _place = place;
        SetWaitNotificationRequired();
    }

    /// <summary>The connection whose code it brings back; null: the engine's own.</summary>
    internal LoopSocket? Connection => _place as LoopSocket;

    private Loop Loop => Connection?.Loop ?? (Loop)_place;

    public override void Post(SendOrPostCallback d, object? state)
    {
        var item = new WorkItem(d, state, this);
        if (Connection is { IsOnPool: true })
        {
            item.RunOnPool();
        }
        else
        {
            Loop.Add(item);
        }
    }

    public override void Send(SendOrPostCallback d, object? state)
    {
        if (Loop.IsHere)
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
        Loop.IsHere ? BlockedTurn.Wait(Loop, waitHandles, waitAll, millisecondsTimeout) : WaitHelper(waitHandles, waitAll, millisecondsTimeout);

    /// <summary>The wait itself.</summary>
    internal static int WaitPlainly(nint[] waitHandles, bool waitAll, int millisecondsTimeout) => WaitHelper(waitHandles, waitAll, millisecondsTimeout);
}
