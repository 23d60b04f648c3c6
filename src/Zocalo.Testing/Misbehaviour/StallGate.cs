namespace Zocalo.Testing.Misbehaviour;

/// <summary>Where the operations of a stream stall, until they are released or given up. Once released it stays open.</summary>
internal sealed class StallGate
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _givenUp;

    /// <summary>Completes when an operation stalls for the first time.</summary>
    internal Task Stalled => _stalled.Task;

    internal void Release() => _released.TrySetResult();

    /// <summary>The stream is being disposed: what stalls fails, what comes later does not stall.</summary>
    internal void GiveUp()
    {
        _givenUp = true;
        Release();
    }

    internal async Task PassAsync(CancellationToken cancellationToken)
    {
        if (_released.Task.IsCompleted)
        {
            return;
        }
        _stalled.TrySetResult();
        await _released.Task.WaitAsync(cancellationToken);
        ThrowIfGivenUp();
    }

    internal void Pass()
    {
        if (_released.Task.IsCompleted)
        {
            return;
        }
        _stalled.TrySetResult();
        _released.Task.Wait();
        ThrowIfGivenUp();
    }

    private void ThrowIfGivenUp() => ObjectDisposedException.ThrowIf(_givenUp, typeof(MisbehavingStream));
}
