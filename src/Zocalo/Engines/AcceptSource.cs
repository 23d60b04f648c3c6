using System.Threading.Tasks.Sources;

namespace Zocalo.Engines;

/// <summary>The one accept that waits on a listening socket, again and again. It keeps nothing of its result: an accepted connection would
/// stay alive, and a dropped one would never be noticed.</summary>
/// <param name="continuesLater">Whether the awaiting code resumes outside of the call that brings the result. Code with a synchronization
/// context always does.</param>
internal sealed class AcceptSource(bool continuesLater) : IValueTaskSource<AcceptResult>
{
    private ManualResetValueTaskSourceCore<AcceptResult> _core = new() { RunContinuationsAsynchronously = continuesLater };

    /// <summary>The result of the wait that begins.</summary>
    internal ValueTask<AcceptResult> Next => new(this, _core.Version);

    internal void SetResult(AcceptResult result) => _core.SetResult(result);

    AcceptResult IValueTaskSource<AcceptResult>.GetResult(short token)
    {
        var result = _core.GetResult(token);
        _core.Reset();
        return result;
    }

    ValueTaskSourceStatus IValueTaskSource<AcceptResult>.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource<AcceptResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _core.OnCompleted(continuation, state, token, flags);
}
