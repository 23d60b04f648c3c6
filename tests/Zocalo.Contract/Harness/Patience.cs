using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Zocalo.Contract.Harness;

/// <summary>
/// The one cap on every wait of the suite. It is generous, so that a slow machine never trips it: what trips it is a hang, and the failure names the claim and the wait.
/// </summary>
internal static class Patience
{
    internal static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    internal static async Task InTime(this Task task, [CallerArgumentExpression(nameof(task))] string wait = "", TimeSpan? cap = null)
    {
        try
        {
            await task.WaitAsync(cap ?? Cap);
        }
        catch (TimeoutException) when (!task.IsCompleted)
        {
            Hung(wait);
        }
    }

    internal static async Task<T> InTime<T>(this Task<T> task, [CallerArgumentExpression(nameof(task))] string wait = "", TimeSpan? cap = null)
    {
        await ((Task)task).InTime(wait, cap);
        return await task;
    }

    // Without a Task for the wait that is over already, which most are: the suite makes millions of them.
    internal static ValueTask InTime(this ValueTask task, [CallerArgumentExpression(nameof(task))] string wait = "") =>
        task.IsCompleted ? task : new(task.AsTask().InTime(wait));

    internal static ValueTask<T> InTime<T>(this ValueTask<T> task, [CallerArgumentExpression(nameof(task))] string wait = "") =>
        task.IsCompleted ? task : new(task.AsTask().InTime(wait));

    /// <summary>For what shows itself nowhere but in a state: looks again and again, doing <paramref name="meanwhile"/> before each look.</summary>
    internal static async Task UntilAsync(Func<bool> condition, Action? meanwhile = null, [CallerArgumentExpression(nameof(condition))] string wait = "")
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            meanwhile?.Invoke();
            if (condition())
            {
                return;
            }
            if (Stopwatch.GetElapsedTime(started) > Cap)
            {
                Hung(wait);
            }
            await Task.Delay(1);
        }
    }

    private static void Hung(string wait) =>
        Assert.Fail($"{TestContext.Current.Test?.TestDisplayName ?? "A claim"}: still waiting after {Cap.TotalSeconds} s for: {wait}");
}
