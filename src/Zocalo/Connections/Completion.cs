using System.Threading.Tasks.Sources;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// One awaitable moment that is used again and again: the engine-aware half of an <see cref="IValueTaskSource{T}"/>. The owner keeps the
/// outcome; this keeps who waits for it and where that one goes on.
/// </summary>
/// <remarks>
/// Instead of <see cref="ManualResetValueTaskSourceCore{T}"/>, because a continuation has to go to the engine's ready list and never runs inline
/// (rule (a) of the event loops), and because it is half as fast. One waiter at a time; <see cref="Arm"/> and <see cref="Signal"/> are called under the owner's lock,
/// at most one signal for each arming.
/// </remarks>
internal sealed class Completion(Channel channel) : IThreadPoolWorkItem
{
    private static readonly Action<object?> Signalled = static _ => throw new InvalidOperationException("This only marks a state.");

    private Action<object?>? _continuation;     // null: nobody waits yet; Signalled: nobody needs to wait any more
    private object? _state;
    private object? _place;                     // the SynchronizationContext or TaskScheduler that the waiter asked for
    private ExecutionContext? _context;
    private Action<object?>? _resume;           // the continuation on its way through the ready list
    private short _version;

    internal short Version => _version;

    internal void Arm()
    {
        _version++;
        _state = _place = null;
        _context = null;
        _continuation = null;
    }

    internal void Signal()
    {
        if (Interlocked.Exchange(ref _continuation, Signalled) is { } waiting)
        {
            Dispatch(waiting);
        }
    }

    internal ValueTaskSourceStatus GetStatus(short token)
    {
        Check(token);
        // A failure is told by GetResult; nobody asks for the difference before.
        return ReferenceEquals(Volatile.Read(ref _continuation), Signalled) ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    /// <exception cref="InvalidOperationException">The ValueTask was awaited twice, or its result taken before it was there.</exception>
    internal void Check(short token)
    {
        if (token != _version)
        {
            throw new InvalidOperationException("This ValueTask was consumed already; await each one once.");
        }
    }

    internal void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(token);
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            _context = ExecutionContext.Capture();
        }
        if ((flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0)
        {
            _place = CurrentPlace();
        }
        _state = state;
        var before = Interlocked.CompareExchange(ref _continuation, continuation, null);
        if (before is null)
        {
            return;
        }
        if (!ReferenceEquals(before, Signalled))
        {
            throw new InvalidOperationException("This ValueTask is being awaited already; await each one once.");
        }
        Dispatch(continuation);
    }

    void IThreadPoolWorkItem.Execute() => Resume();

    private static object? CurrentPlace()
    {
        if (SynchronizationContext.Current is { } current && current.GetType() != typeof(SynchronizationContext))
        {
            return current;
        }
        return TaskScheduler.Current == TaskScheduler.Default ? null : TaskScheduler.Current;
    }

    private void Dispatch(Action<object?> continuation)
    {
        _resume = continuation;
        switch (_place)
        {
            case null:
                channel.Ready(this);
                break;
            case SynchronizationContext context:
                context.Post(static self => ((Completion)self!).Resume(), this);
                break;
            case TaskScheduler scheduler:
                _ = Task.Factory.StartNew(static self => ((Completion)self!).Resume(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
                break;
        }
    }

    private void Resume()
    {
        // Taken out before the call: the continuation may arm this completion again at once.
        var (resume, state, context) = (_resume!, _state, _context);
        (_resume, _state, _place, _context) = (null, null, null, null);
        if (context is null)
        {
            resume(state);
        }
        else
        {
            ExecutionContext.Run(context, static pair =>
            {
                var (run, with) = ((Action<object?>, object?))pair!;
                run(with);
            }, (resume, state));
        }
    }
}
