namespace Zocalo.Testing.Network;

/// <summary>A wait to the tick, where <see cref="Task.Delay(TimeSpan, TimeProvider)"/> knows whole milliseconds.</summary>
internal static class Pause
{
    internal static async Task ForAsync(TimeSpan time, TimeProvider clock, CancellationToken cancellationToken)
    {
        var over = new TaskCompletionSource();
        using var timer = clock.CreateTimer(
            static over => ((TaskCompletionSource)over!).TrySetResult(), over, time, Timeout.InfiniteTimeSpan);
        using var stop = cancellationToken.UnsafeRegister(
            static (over, token) => ((TaskCompletionSource)over!).TrySetCanceled(token), over);
        await over.Task;
    }
}
