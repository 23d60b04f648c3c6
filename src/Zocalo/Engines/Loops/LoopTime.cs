namespace Zocalo.Engines.Loops;

/// <summary>The system's clock, with timers that live on the loop of whoever makes them; those of a stranger on the engine's first
/// loop.</summary>
internal sealed class LoopTime(LoopEngine engine) : TimeProvider
{
    public override long TimestampFrequency => System.TimestampFrequency;

    public override long GetTimestamp() => System.GetTimestamp();

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        if ((engine.CurrentLoop ?? engine.TryBegin()) is not { } loop)
        {
            // the engine cannot begin now; whoever asks it to is told why
            return System.CreateTimer(callback, state, dueTime, period);
        }
        var timer = new LoopTimer(loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
