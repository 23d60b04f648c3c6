namespace Zocalo.Engines.Loops;

/// <summary>The system's clock, with timers that live on the loop whose owner makes them; those of a foreign thread on the engine's first
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
            // The engine cannot start now; FirstLoop throws the reason.
            return System.CreateTimer(callback, state, dueTime, period);
        }
        var timer = new LoopTimer(loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }
}
