namespace Zocalo.Testing.Network;

/// <summary>What makes one direction of a stream worse than its link: how its bytes are cut, held up, delayed and handed out. Under the
/// world's lock.</summary>
internal sealed class Impairment(Flow flow)
{
    /// <summary>Held without end: until a script, or somebody's wish, lets it go on.</summary>
    internal const long Indefinitely = long.MaxValue;

    private readonly List<Trigger> _triggers = [];
    private long _launched;
    private long _arrived;
    private long _stalledUntil;
    private long _noWindowUntil;
    private long _coalesceFor;
    private long _coalesceUntil = -1;
    private long _readableAt;
    private bool _isTriggered;      // bytes that somebody waits for are under way: nothing passes them before he has acted
    private int _together;          // of what is kept: what has waited for each other, and goes now

    /// <summary>Bytes in a segment, at most; 0 for no limit.</summary>
    internal int SegmentSize { get; set; }

    /// <summary>So many bytes still come one by one.</summary>
    internal int DribbleLeft { get; set; }

    /// <summary>Each segment may take so much longer, by chance.</summary>
    internal TimeSpan ExtraDelay { get; set; }

    /// <summary>A receive gets, by chance, fewer bytes than are there.</summary>
    internal bool ShortReads { get; set; }

    /// <summary>Bytes a second that the receiver's program is given; 0 for no limit.</summary>
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

    /// <summary>Whether what is kept must wait now, and until when.</summary>
    /// <param name="kept">Bytes; 0 for a FIN alone.</param>
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

    /// <summary>How many of so many bytes go into the next segment.</summary>
    /// <param name="most">There are so many.</param>
    /// <param name="bytes">In here.</param>
    /// <param name="offset">From here.</param>
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
            trigger.Look(bytes, offset, size, _launched);
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

    /// <summary>What was under way is lost, and will be sent again.</summary>
    internal void OnLost(int bytes)
    {
        _launched -= bytes;
        _isTriggered = false;
    }

    internal int MostToRead(int arrived)
    {
        var most = ShortReads ? flow.Random.Next(1, arrived) : arrived;
        return ReadRate > 0 ? Math.Min(most, Math.Max(1, ReadRate / 20)) : most;        // a twentieth of a second's worth at once
    }

    internal void OnRead(int count)
    {
        if (ReadRate > 0)
        {
            _readableAt = flow.Now + (count * TimeSpan.TicksPerSecond / ReadRate);
            flow.ScheduleTransmit(_readableAt - flow.Now);
        }
    }

    /// <summary>Time has passed: who is held for longer is woken again.</summary>
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
            lock (flow.World.Gate)
            {
                _isTriggered = _triggers.Exists(trigger => trigger.At >= 0 && trigger.At <= _launched);
                flow.Transmit();
            }
        });
    }

    private long Until(long before, TimeSpan time) =>
        time == Timeout.InfiniteTimeSpan ? Indefinitely : Math.Max(before, flow.Now + time.Ticks);
}
