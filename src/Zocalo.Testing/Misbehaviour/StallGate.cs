namespace Zocalo.Testing.Misbehaviour;

/// <summary>Stalls the operations of a stream until they are released or given up. After that nothing stalls any more.</summary>
internal sealed class StallGate
{
    private readonly TaskCompletionSource _stalled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _givenUp;

    /// <summary>Completes when an operation stalls for the first time.</summary>
    internal Task Stalled => _stalled.Task;

    internal void Release() => _released.TrySetResult();

    /// <summary>The stream is being disposed: stalled operations fail, later ones do not stall.</summary>
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
