using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>What ended a wait.</summary>
internal enum Wakeup : byte
{
    /// <summary>Nothing yet.</summary>
    None,

    /// <summary>What was waited for: bytes, room, the end, or a breakage. The side looks which.</summary>
    News,

    /// <summary>CancelPendingRead, CancelPendingFlush.</summary>
    CancelPending,

    /// <summary>The caller's own token.</summary>
    Token,

    /// <summary>This side completed or closed the direction.</summary>
    Completed,
}

/// <summary>
/// The one caller that waits on a side of a connection: where its continuation goes on, what woke it, what it is kept alive by. Used again and again;
/// the side is the <see cref="IValueTaskSource{T}"/> and this is its memory.
/// </summary>
/// <remarks>
/// <para>Instead of <see cref="ManualResetValueTaskSourceCore{T}"/>, because a continuation has to go to the engine's ready list and never runs inline
/// (rule (a) of the event loops), and because it is half as fast.</para>
/// <para><see cref="BeginWait"/>, <see cref="TryWake"/> and <see cref="TakeWakeup"/> are called under the side's lock, the rest without it.</para>
/// <para>A connection's input is one, since an idle connection waits there; its output has one when it needs it.</para>
/// </remarks>
internal abstract class Waiter : Side, IThreadPoolWorkItem
{
    private const int NotAwaited = 0;
    private const int Awaited = 1;              // there is a continuation
    private const int Woken = 2;                // nobody needs to wait any more

    private Action<object?>? _continuation;
    private object? _state;
    private object? _place;                     // the SynchronizationContext or TaskScheduler that the caller asked for
    private object? _holder;
    private Extras? _extras;
    private int _stage;
    private Wakeup _wakeup;
    private short _version;

    private protected Waiter(ConnectionCore core) : base(core)
    {
    }

    /// <summary>The side's lock.</summary>
    private protected abstract Side Gate { get; }

    /// <summary>A wait was begun and its result not taken yet.</summary>
    internal bool IsWaiting { get; private set; }

    /// <summary>What has ended the wait, while its result is not taken.</summary>
    internal Wakeup Wakeup => _wakeup;

    /// <param name="holder">Kept alive while the wait lasts.</param>
    /// <returns>The token of the ValueTask to give out.</returns>
    internal short BeginWait(object holder)
    {
        _stage = NotAwaited;
        _wakeup = Wakeup.None;
        _holder = holder;
        IsWaiting = true;
        return _version;
    }

    /// <summary>Lets <paramref name="token"/> end this wait. Called by who began it, before it gives the ValueTask out.</summary>
    internal void EndOn(CancellationToken token)
    {
        // Watching the connection's own token would cost every read of a handler a registration, and every idle connection 150 bytes.
        if (token.CanBeCanceled && !Core.IsOwn(token))
        {
            var extras = _extras ??= new();
            extras.Token = token;
            extras.Registration = token.UnsafeRegister(static self => ((Waiter)self!).OnToken(), this);
        }
    }

    /// <returns>False when nobody waits, or something else came first.</returns>
    internal bool TryWake(Wakeup wakeup)
    {
        if (!IsWaiting || _wakeup != Wakeup.None)
        {
            return false;
        }
        _wakeup = wakeup;
        if (Interlocked.Exchange(ref _stage, Woken) == Awaited)
        {
            Dispatch();
        }
        return true;
    }

    /// <summary>The first step of taking the result: waits for a token's callback that is just running, so that it cannot hit the next wait.</summary>
    internal void EndWait(short version)
    {
        Check(version);
        if (_extras is { } extras)
        {
            extras.Registration.Dispose();
            extras.Registration = default;
        }
    }

    /// <summary>The second step: the wait is over. Also when it never began, because the answer came inside the call.</summary>
    /// <exception cref="InvalidOperationException">The result was asked for before it was there.</exception>
    /// <exception cref="OperationCanceledException">The caller's token ended the wait.</exception>
    internal Wakeup TakeWakeup()
    {
        if (_wakeup == Wakeup.None)
        {
            throw new InvalidOperationException("This operation has not completed yet; await it.");
        }
        IsWaiting = false;
        _holder = null;
        _version++;         // the ValueTask that was given out is spent
        return _wakeup == Wakeup.Token ? throw new OperationCanceledException(_extras!.Token) : _wakeup;
    }

    internal ValueTaskSourceStatus GetStatus(short version)
    {
        Check(version);
        // A failure is told by the result; nobody asks for the difference before.
        return Volatile.Read(ref _stage) == Woken ? ValueTaskSourceStatus.Succeeded : ValueTaskSourceStatus.Pending;
    }

    /// <summary>The same for a result that has no word for a cancellation, and throws: a task that is made of it is a cancelled one.</summary>
    internal ValueTaskSourceStatus GetTaskStatus(short version) =>
        GetStatus(version) is var status && status == ValueTaskSourceStatus.Succeeded && _wakeup is Wakeup.Token or Wakeup.CancelPending ? ValueTaskSourceStatus.Canceled : status;

    internal void OnCompleted(Action<object?> continuation, object? state, short version, ValueTaskSourceOnCompletedFlags flags)
    {
        Check(version);
        if (Volatile.Read(ref _stage) == Awaited)
        {
            throw AwaitedTwice();
        }
        _continuation = continuation;
        _state = state;
        _place = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 ? CurrentPlace() : null;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            (_extras ??= new()).Context = ExecutionContext.Capture();
        }
        switch (Interlocked.CompareExchange(ref _stage, Awaited, NotAwaited))
        {
            case Woken:
                Dispatch();
                break;
            case Awaited:
                throw AwaitedTwice();
        }
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

    private void Check(short version)
    {
        if (version != _version)
        {
            throw new InvalidOperationException("This ValueTask was consumed already; await each one once.");
        }
    }

    private void OnToken()
    {
        lock (Gate)
        {
            TryWake(Wakeup.Token);
        }
    }

    private static InvalidOperationException AwaitedTwice() => new("This ValueTask is being awaited already; await each one once.");

    private void Dispatch()
    {
        switch (_place)
        {
            case null:
                Core.Channel.Ready(this);
                break;
            case SynchronizationContext context:
                context.Post(static self => ((Waiter)self!).Resume(), this);
                break;
            case TaskScheduler scheduler:
                _ = Task.Factory.StartNew(static self => ((Waiter)self!).Resume(), this, CancellationToken.None, TaskCreationOptions.DenyChildAttach, scheduler);
                break;
        }
    }

    private void Resume()
    {
        // Taken out before the call: the continuation may begin the next wait at once.
        var (resume, state) = (_continuation!, _state);
        (_continuation, _state, _place) = (null, null, null);
        if (_extras is not { Context: { } context })
        {
            resume(state);
        }
        else
        {
            _extras.Context = null;
            ExecutionContext.Run(context, static pair =>
            {
                var (run, with) = ((Action<object?>, object?))pair!;
                run(with);
            }, (resume, state));
        }
    }

    /// <summary>What most waits do without: a token that is not the connection's own, an execution context to go on in (an async method brings back its own).</summary>
    private sealed class Extras
    {
        internal CancellationToken Token;
        internal CancellationTokenRegistration Registration;
        internal ExecutionContext? Context;
    }
}
