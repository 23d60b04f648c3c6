namespace Zocalo.Testing.Network;

/// <summary>A timer of the world: runs its action, under the world's lock, at the earliest of the times that were set. It costs nothing
/// until a time is set.</summary>
internal sealed class Wakeup(World world, Action action)
{
    private const long NotSet = -1;

    private ITimer? _timer;
    private long _at = NotSet;

    /// <summary>Runs at <paramref name="time"/>, or earlier if an earlier time is set.</summary>
    internal void At(long time)
    {
        if (_at != NotSet && _at <= time)
        {
            return;
        }
        _at = time;
        _timer ??= world.Scheduler.Time.CreateTimer(
            static self => ((Wakeup)self!).Fire(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(TimeSpan.FromTicks(Math.Max(0, time - world.Now)), Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sets <paramref name="time"/> if no time is set.</summary>
    internal void AtLatest(long time)
    {
        if (_at == NotSet)
        {
            At(time);
        }
    }

    private void Fire()
    {
        lock (world.Lock)
        {
            if (_at != NotSet)
            {
                _at = NotSet;
                action();
            }
        }
    }
}

/// <summary>A wait with the precision of a tick; <see cref="Task.Delay(TimeSpan, TimeProvider)"/> rounds to milliseconds.</summary>
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
