using System.Runtime.CompilerServices;
using Zocalo.Testing.Simulation;

namespace Zocalo.Contract.Harness;

/// <summary>
/// The one cap on every wait of the suite. It is generous, so that a slow machine never trips it: what trips it is a hang, and the failure
/// names the claim and the wait.
/// </summary>
internal static class Patience
{
    internal static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    // A look that forces a collection was seen to take ten seconds on a busy machine, and what it sets off needs time after it. The test's
    // own limit ends it in any case.
    private const int FewestLooks = 100;

    /// <summary>The simulation's time inside one, else the system's.</summary>
    internal static TimeProvider Clock =>
        SynchronizationContext.Current is SimulationScheduler simulation ? simulation.Time : TimeProvider.System;

    internal static async Task InTime(this Task task, [CallerArgumentExpression(nameof(task))] string wait = "", TimeSpan? cap = null)
    {
        using var open = task.IsCompleted ? null : OpenWaits.Begin(wait);
        if (Clock != TimeProvider.System)
        {
            await InSimulatedTime(task, wait);
            return;
        }
        try
        {
            await task.WaitAsync(cap ?? Cap);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Hung(wait);
        }
    }

    /// <summary>The same in a simulation, where an hour costs nothing; and WaitAsync would leave it, if the task runs its continuations
    /// asynchronously.</summary>
    private static async Task InSimulatedTime(Task task, string wait)
    {
        var over = new TaskCompletionSource();
        await using var cap = Clock.CreateTimer(
            static over => ((TaskCompletionSource)over!).TrySetResult(), over, TimeSpan.FromHours(1), Timeout.InfiniteTimeSpan);
        _ = ForwardAsync();
        await over.Task;
        if (!task.IsCompleted)
        {
            Hung(wait);
        }
        await task;

        async Task ForwardAsync()
        {
            await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            over.TrySetResult();
        }
    }

    internal static async Task<T> InTime<T>(
        this Task<T> task, [CallerArgumentExpression(nameof(task))] string wait = "", TimeSpan? cap = null)
    {
        await ((Task)task).InTime(wait, cap);
        return await task;
    }

    // Without a Task for the wait that is over already, which most are: the suite makes millions of them.
    internal static ValueTask InTime(this ValueTask task, [CallerArgumentExpression(nameof(task))] string wait = "") =>
        task.IsCompleted ? task : new(AwaitAsync(task).InTime(wait));

    internal static ValueTask<T> InTime<T>(this ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string wait = "") =>
        task.IsCompleted ? task : new(AwaitAsync(task).InTime(wait));

    /// <summary>Each wait for the next one has the cap.</summary>
    internal static async IAsyncEnumerable<T> InTime<T>(
        this IAsyncEnumerable<T> all, [CallerArgumentExpression(nameof(all))] string wait = "")
    {
        await using var each = all.GetAsyncEnumerator();
        while (await each.MoveNextAsync().InTime(wait))
        {
            yield return each.Current;
        }
    }

    private static async Task AwaitAsync(ValueTask task) => await task;

    private static async Task<T> AwaitAsync<T>(ValueTask<T> task) => await task;

    /// <summary>For what shows itself nowhere but in a state: looks again and again, doing <paramref name="meanwhile"/> before each
    /// look.</summary>
    internal static async Task UntilAsync(
        Func<bool> condition, Action? meanwhile = null, [CallerArgumentExpression(nameof(condition))] string wait = "")
    {
        var started = Clock.GetTimestamp();
        for (var looks = 1; ; looks++)
        {
            meanwhile?.Invoke();
            if (condition())
            {
                return;
            }
            if (looks >= FewestLooks && Clock.GetElapsedTime(started) > Cap)
            {
                Hung($"{wait} ({looks} looks)");
            }
            await Task.Delay(TimeSpan.FromMilliseconds(1), Clock);
        }
    }

    private static void Hung(string wait) =>
        Assert.Fail($"{TestContext.Current.Test?.TestDisplayName ?? "A claim"}: still waiting after {Cap.TotalSeconds} s for: {wait}");
}
