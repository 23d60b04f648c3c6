namespace Zocalo.Testing.Network;

/// <summary>The faults of one direction of a stream, beyond those of its link: how bytes are split, held, delayed and read. Under the
/// world's lock.</summary>
internal sealed class Impairment(Flow flow)
{
    /// <summary>Held without an end in time: until a script ends it.</summary>
    internal const long Indefinitely = long.MaxValue;

    private readonly List<Trigger> _triggers = [];
    private long _launched;
    private long _arrived;
    private long _stalledUntil;
    private long _noWindowUntil;
    private long _coalesceFor;
    private long _coalesceUntil = -1;
    private long _readableAt;
    private bool _isTriggered;      // bytes that a trigger waits for are in flight: nothing is sent before its action has run
    private int _together;          // kept bytes that were coalesced and are sent now

    /// <summary>Bytes in a segment, at most; 0 for no limit.</summary>
    internal int SegmentSize { get; set; }

    /// <summary>The number of bytes that are still sent one by one.</summary>
    internal int DribbleLeft { get; set; }

    /// <summary>The longest extra delay of a segment; each delay is drawn.</summary>
    internal TimeSpan ExtraDelay { get; set; }

    /// <summary>Whether a receive gets a drawn number of bytes, fewer than are there.</summary>
    internal bool ShortReads { get; set; }

    /// <summary>Bytes per second that the receiving program gets; 0 for no limit.</summary>
    internal int ReadRate { get; set; }

    internal bool LosesFin { get; set; }

    internal bool MayRead => _readableAt <= flow.Now;

    internal void StallFor(TimeSpan time)
    {
        _stalledUntil = Until(_stalledUntil, time);
        flow.ScheduleTransmit(0);
    }

    internal void CloseWindowFor(TimeSpan time)
    {
        _noWindowUntil = Until(_noWindowUntil, time);
        flow.ScheduleTransmit(0);
    }

    internal void Coalesce(TimeSpan time) => _coalesceFor = time.Ticks;

    internal void Add(Trigger trigger)
    {
        _triggers.Add(trigger);
        RunReached();
    }

    /// <summary>Until when kept bytes must wait; null if they need not wait.</summary>
    /// <param name="kept">The number of kept bytes; 0 for a FIN alone.</param>
    internal long? Holds(int kept)
    {
        var now = flow.Now;
        if (_isTriggered)
        {
            return Indefinitely;
        }
        if (_stalledUntil > now)
        {
            return _stalledUntil;
        }
        if (kept > 0 && _noWindowUntil > now)
        {
            return _noWindowUntil;
        }
        if (_coalesceFor > 0 && kept > 0 && _together == 0)
        {
            if (_coalesceUntil < 0)
            {
                _coalesceUntil = now + _coalesceFor;
            }
            if (_coalesceUntil > now)
            {
                return _coalesceUntil;
            }
            _coalesceUntil = -1;
            _together = kept;
        }
        return null;
    }

    /// <summary>The size of the next segment.</summary>
    /// <param name="most">The most bytes that it may have.</param>
    /// <param name="bytes">The queue with the bytes.</param>
    /// <param name="offset">Their offset in the queue.</param>
    internal int Cut(int most, ByteQueue bytes, int offset)
    {
        var size = most;
        if (DribbleLeft > 0)
        {
            DribbleLeft--;
            size = 1;
        }
        else if (SegmentSize > 0)
        {
            size = Math.Min(size, flow.Random.Next(1, SegmentSize));
        }
        foreach (var trigger in _triggers)
        {
            trigger.Inspect(bytes, offset, size, _launched);
            if (trigger.At > _launched && trigger.At <= _launched + size)
            {
                size = (int)(trigger.At - _launched);
                _isTriggered = true;
            }
        }
        _launched += size;
        _together = Math.Max(0, _together - size);
        return size;
    }

    internal long Delay() => ExtraDelay > TimeSpan.Zero ? flow.Random.Next(ExtraDelay).Ticks : 0;

    internal void OnArrived(int bytes)
    {
        _arrived += bytes;
        RunReached();
    }

    /// <summary>Bytes in flight are lost and will be sent again.</summary>
    internal void OnLost(int bytes)
    {
        _launched -= bytes;
        _isTriggered = false;
    }

    internal int MostToRead(int arrived)
    {
        var most = ShortReads ? flow.Random.Next(1, arrived) : arrived;
        return ReadRate > 0 ? Math.Min(most, Math.Max(1, ReadRate / 20)) : most;        // at once, what it reads in a twentieth of a second
    }

    internal void OnRead(int count)
    {
        if (ReadRate > 0)
        {
            _readableAt = flow.Now + (count * TimeSpan.TicksPerSecond / ReadRate);
            flow.ScheduleTransmit(_readableAt - flow.Now);
        }
    }

    /// <summary>Time has passed: a reader that must wait longer is scheduled again.</summary>
    internal void OnTime()
    {
        if (_readableAt > flow.Now)
        {
            flow.ScheduleTransmit(_readableAt - flow.Now);
        }
    }

    private void RunReached()
    {
        var reached = _triggers.FindAll(trigger => trigger.At >= 0 && trigger.At <= _arrived);
        if (reached.Count == 0)
        {
            return;
        }
        _triggers.RemoveAll(reached.Contains);
        flow.World.Post(() =>
        {
            reached.ForEach(trigger => trigger.Action());
            lock (flow.World.Lock)
            {
                _isTriggered = _triggers.Exists(trigger => trigger.At >= 0 && trigger.At <= _launched);
                flow.Transmit();
            }
        });
    }

    private long Until(long before, TimeSpan time) =>
        time == Timeout.InfiniteTimeSpan ? Indefinitely : Math.Max(before, flow.Now + time.Ticks);
}
