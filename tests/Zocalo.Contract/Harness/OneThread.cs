using System.Collections.Concurrent;

namespace Zocalo.Contract.Harness;

/// <summary>A synchronization context as user interfaces have it: one thread, one thing after the other.</summary>
internal sealed class OneThread : SynchronizationContext, IDisposable
{
    private readonly BlockingCollection<(SendOrPostCallback Call, object? State)> _calls = [];
    private readonly Thread _thread;

    internal OneThread()
    {
        _thread = new Thread(Loop) { IsBackground = true };
        _thread.Start();
    }

    internal bool IsHere => ReferenceEquals(Current, this) && Thread.CurrentThread == _thread;

    public override void Post(SendOrPostCallback d, object? state) => _calls.Add((d, state));

    public override void Send(SendOrPostCallback d, object? state) => throw new NotSupportedException();

    /// <summary>Runs <paramref name="work"/> on the thread; what it awaits comes back to it.</summary>
    internal Task RunAsync(Func<Task> work)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(
            async _ =>
            {
                try
                {
                    await work();
                    done.SetResult();
                }
                catch (Exception error)
                {
                    done.SetException(error);
                }
            },
            null);
        return done.Task;
    }

    public void Dispose() => _calls.CompleteAdding();

    private void Loop()
    {
        SetSynchronizationContext(this);
        foreach (var (call, state) in _calls.GetConsumingEnumerable())
        {
            call(state);
        }
    }
}
