using System.Threading.Tasks.Sources;

namespace Zocalo.Connections;

/// <summary>
/// The state of the one caller that waits on a half of a connection: its continuation, where the continuation runs, and what ended the
/// wait. It is reused for every wait. The half is the <see cref="IValueTaskSource{T}"/>, and also the work item that resumes the caller.
/// </summary>
/// <remarks>
/// Not a <see cref="ManualResetValueTaskSourceCore{T}"/>: here a continuation goes to the engine's run queue and never runs inline.
/// <see cref="Begin"/> and <see cref="Wake"/> are called under the half's lock. The caller that waits calls the rest, without the lock once
/// something has ended the wait.
/// </remarks>
internal struct Awaitable
{
    private enum Stage
    {
        NotAwaited,
        Awaited,        // there is a continuation
        Woken,          // the wait has ended
    }

    private Action<object?>? _continuation;
    private object? _state;
    private object? _context;                   // the SynchronizationContext or TaskScheduler that the caller wants
    private object? _root;                      // keeps the connection alive while the wait lasts
    private Extras? _extras;
    private volatile Stage _stage;
    private short _version;

    /// <summary>A wait has begun, and its result has not been taken.</summary>
    internal bool IsBegun { get; private set; }

    /// <summary>What has ended the wait, while its result is not taken.</summary>
    internal Wakeup Wakeup { get; private set; }

    /// <summary>A caller waits, and nothing has ended the wait.</summary>
    internal readonly bool IsPending => IsBegun && Wakeup == Wakeup.None;

    /// <param name="root">Kept alive while the wait lasts.</param>
    /// <returns>The token of the ValueTask to give out.</returns>
    internal short Begin(object root)
    {
        _stage = Stage.NotAwaited;
        Wakeup = Wakeup.None;
        _root = root;
        IsBegun = true;
        return _version;
    }

    /// <summary>Lets the caller's token end this wait. Before the ValueTask is given out.</summary>
    internal void EndOn(Action<object?> onToken, object half, CancellationToken token)
    {
        var extras = _extras ??= new();
        extras.Token = token;
        extras.Registration = token.UnsafeRegister(onToken, half);
    }

    /// <summary>Ends the wait. Does nothing if no caller waits or the wait has already ended.</summary>
    internal Completion Wake(Wakeup wakeup, IThreadPoolWorkItem half)
    {
        if (!IsPending)
        {
            return default;
        }
        Wakeup = wakeup;
        // Once there is a continuation, no other code changes the stage: a plain write is enough here, and most waits end here.
        if (_stage != Stage.Awaited && Interlocked.Exchange(ref _stage, Stage.Woken) != Stage.Awaited)
        {
            return default;
        }
        _stage = Stage.Woken;
        return new(half, _context);
    }

    /// <summary>The wait is over, or never began because the answer came inside the call.</summary>
    /// <exception cref="InvalidOperationException">The result was requested before it was there, or twice.</exception>
    /// <exception cref="OperationCanceledException">The caller's token ended the wait.</exception>
    internal Wakeup Take(short version)
    {
        Check(version);
        if (_stage != Stage.Woken)
        {
            throw new InvalidOperationException("This operation has not completed yet; await it.");
        }
        if (_extras is { } extras)
        {
            extras.Registration.Dispose();      // waits for a running callback of the token: it cannot end the next wait
            extras.Registration = default;
        }
        IsBegun = false;
        _root = null;
        _version++;         // the ValueTask that was given out is no longer valid
        return Wakeup == Wakeup.Token ? throw new OperationCanceledException(_extras!.Token) : Wakeup;
    }

    /// <remarks>A failure shows only in the result. A cancellation shows here too, if the result cannot express it.</remarks>
    internal ValueTaskSourceStatus GetStatus(short version, bool showsCancellation)
    {
        Check(version);
        return _stage != Stage.Woken ? ValueTaskSourceStatus.Pending
            : showsCancellation && Wakeup is Wakeup.Token or Wakeup.CancelPending ? ValueTaskSourceStatus.Canceled
            : ValueTaskSourceStatus.Succeeded;
    }

    /// <returns>What to post if the wait has ended meanwhile.</returns>
    internal Completion OnCompleted(
        Action<object?> continuation, object? state, short version, ValueTaskSourceOnCompletedFlags flags, IThreadPoolWorkItem half)
    {
        Check(version);
        if (_stage == Stage.Awaited)
        {
            throw AwaitedTwice();
        }
        (_continuation, _state) = (continuation, state);
        _context = (flags & ValueTaskSourceOnCompletedFlags.UseSchedulingContext) != 0 ? Completion.CallersContext : null;
        if ((flags & ValueTaskSourceOnCompletedFlags.FlowExecutionContext) != 0)
        {
            (_extras ??= new()).Context = ExecutionContext.Capture();
        }
        return Interlocked.CompareExchange(ref _stage, Stage.Awaited, Stage.NotAwaited) switch
        {
            Stage.NotAwaited => default,
            Stage.Woken => new(half, _context),
            _ => throw AwaitedTwice(),
        };
    }

    /// <summary>Runs the continuation: what a posted <see cref="Completion"/> does.</summary>
    internal void Resume()
    {
        // Cleared before the call, because the continuation may begin the next wait at once.
        var (resume, state) = (_continuation!, _state);
        (_continuation, _state, _context) = (null, null, null);
        if (_extras is { Context: { } context } extras)
        {
            extras.Context = null;
            ExecutionContext.Run(context, new ContextCallback(resume), state);
        }
        else
        {
            resume(state);
        }
    }

    private static InvalidOperationException AwaitedTwice() => new("This ValueTask is being awaited already; await each one once.");

    private readonly void Check(short version)
    {
        if (version != _version)
        {
            throw new InvalidOperationException("This ValueTask was consumed already; await each one once.");
        }
    }

    /// <summary>What most waits do not need: a token other than the connection's own, an execution context.</summary>
    private sealed class Extras
    {
        internal CancellationToken Token;
        internal CancellationTokenRegistration Registration;
        internal ExecutionContext? Context;
    }
}
