namespace Zocalo.Selecting;

/// <summary>How long a wait may last, and what is left of it: a wait that a signal interrupts goes on for the rest.</summary>
internal readonly struct TimeLimit
{
    private static readonly TimeProvider Time = TimeProvider.System;

    private readonly TimeSpan _length;
    private readonly long _started;

    /// <exception cref="ArgumentOutOfRangeException">It is negative, and not infinite.</exception>
    internal TimeLimit(TimeSpan timeout)
    {
        if (timeout < TimeSpan.Zero && timeout != Timeout.InfiniteTimeSpan)
        {
            throw new ArgumentOutOfRangeException(
                nameof(timeout), timeout, $"The time limit is {timeout}; it must not be negative, unless it is Timeout.InfiniteTimeSpan.");
        }
        _length = timeout;
        _started = Time.GetTimestamp();
    }

    internal bool IsEndless => _length == Timeout.InfiniteTimeSpan;

    internal bool IsOver => !IsEndless && Left == TimeSpan.Zero;

    internal TimeSpan Left
    {
        get
        {
            if (IsEndless || _length == TimeSpan.Zero)
            {
                return _length;
            }
            var left = _length - Time.GetElapsedTime(_started);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Rounded up, so that a wait does not end before its time; -1: endless. As much as the system calls take: the wait goes on
    /// when it was more.</summary>
    internal int Milliseconds => IsEndless ? -1 : (int)Math.Min(Math.Ceiling(Left.TotalMilliseconds), int.MaxValue);

    /// <inheritdoc cref="Milliseconds"/>
    internal long Microseconds => IsEndless ? -1 : (long)Math.Min(Math.Ceiling(Left.TotalMicroseconds), int.MaxValue);
}
