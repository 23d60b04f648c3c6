using Zocalo.Testing.Simulation;

namespace Zocalo.Contract.Harness;

/// <summary>Something that goes on beside the claim: on another thread, or in a simulation in a step of its own.</summary>
internal static class Beside
{
    private static bool IsSimulated => SynchronizationContext.Current is SimulationScheduler;

    internal static Task Run(Action work) => Run(() =>
    {
        work();
        return Task.CompletedTask;
    });

    internal static Task Run(Func<Task> work) => IsSimulated ? LaterAsync(work) : Task.Run(work);

    internal static Task<T> Run<T>(Func<Task<T>> work) => IsSimulated ? LaterAsync(work) : Task.Run(work);

    internal static Task<T> Run<T>(Func<T> work) => Run(() => Task.FromResult(work()));

    /// <summary>Fires a token beside the claim, and waits until its callbacks have run.</summary>
    internal static Task FireAsync(this CancellationTokenSource source) =>
        (IsSimulated ? Run(source.Cancel) : source.CancelAsync()).InTime("every callback of a token that fires");

    /// <summary>Waits until it fires.</summary>
    internal static async Task FiredAsync(this CancellationToken token)
    {
        var fired = new TaskCompletionSource();
        await using var registration = token.UnsafeRegister(static fired => ((TaskCompletionSource)fired!).TrySetResult(), fired);
        await fired.Task.InTime("a token to fire");
    }

    private static async Task LaterAsync(Func<Task> work)
    {
        await Task.Yield();
        await work();
    }

    private static async Task<T> LaterAsync<T>(Func<Task<T>> work)
    {
        await Task.Yield();
        return await work();
    }
}
