using Zocalo.Endings;
using Zocalo.Engines;
using Zocalo.Timing;

namespace Zocalo.Connections;

/// <summary>The visits of the wheel: what has moved since the last one, which limit is exceeded, whether the peer is still there.</summary>
/// <remarks>The thread of the wheel's clock makes them. They read counters that other threads write: a visit may see one a little late, and
/// then the next visit sees it.</remarks>
internal sealed partial class ConnectionCore : IVisited
{
    private VisitNode _node;
    private Pace? _pace;
    private long _heard;            // bytes that came from the peer, those that wait in the system included if a visit had to know
    private int _silence;           // ticks since such a byte came
    private int _stillness;         // ticks since the peer's system acknowledged a byte
    private uint _acknowledged;     // the low half of their number: enough to see that it has changed

    ref VisitNode IVisited.Node => ref _node;

    /// <summary>Fires when the peer has finished or is gone, also when nobody reads.</summary>
    internal CancellationToken PeerGone
    {
        get
        {
            CancellationToken token;
            bool isFirst;
            lock (this)
            {
                var ending = EndingUnsynchronized();
                isFirst = ending.PeerGoneSource is null;
                token = TokenOf(ref ending.PeerGoneSource, ending.IsPeerGone || HasEnded);
            }
            if (isFirst && !token.IsCancellationRequested)
            {
                if (!Socket.WatchPeer())
                {
                    PaceOnDemand().LooksForPeer = true;
                    Hasten(DeadlineTicks.PeriodFor(0));
                }
                LookForPeer();
            }
            return token;
        }
    }

    /// <summary>The limits of this connection, as the program has set them.</summary>
    internal Deadlines Deadlines
    {
        get => Limits.Source;
        set
        {
            var limits = DeadlineTicks.Of(value, _settings.IsServers);
            Volatile.Write(ref PaceOnDemand().Own, limits);
            Hasten(limits.Period);
        }
    }

    private DeadlineTicks Limits => Volatile.Read(ref _pace)?.Own ?? _settings.Deadlines;

    /// <summary>The connection carries messages from now on, which have limits of their own.</summary>
    /// <param name="options">The limits of its messages.</param>
    /// <param name="heartbeat">Its pings, if it has any.</param>
    internal void SetMessageLimits(MessagingOptions options, Heartbeat? heartbeat)
    {
        var first = DeadlineTicks.ToTicks(options.FirstMessageTimeout, Timeout.InfiniteTimeSpan);
        var each = DeadlineTicks.ToTicks(options.MessageTimeout, Timeout.InfiniteTimeSpan);
        if (first == DeadlineTicks.Never && each == DeadlineTicks.Never && heartbeat is null)
        {
            return;
        }
        var pace = PaceOnDemand();
        (pace.FirstMessage, pace.Message, pace.Heartbeat) = (first, each, heartbeat);
        Hasten(PeriodOf(Limits, pace));
    }

    int IVisited.Visit(int ticks)
    {
        if (HasEnded)
        {
            return Wheel.LongestPeriod;
        }
        var limits = Limits;
        Count(ticks);
        if (_phase == Phase.Open)
        {
            if (FindCause(limits, ticks) is { } cause)
            {
                Fail(cause);
                return Wheel.LongestPeriod;
            }
            if (_pace?.Heartbeat is { } heartbeat && !Read.IsFinished)
            {
                Visit(heartbeat);
            }
            LookForPeer();
        }
        return NextVisit(limits);
    }

    /// <summary>The engine says that the peer may have finished or be gone.</summary>
    void IStreamOwner.OnPeerLeft() => LookForPeer();

    private void BeginVisits()
    {
        _node.IsBackground = _settings.Deadlines.IsBackground;
        if (_settings.Deadlines.Lifetime != DeadlineTicks.Never)
        {
            _pace = new();
        }
        Wheel.Add(this, _settings.Deadlines.Period);
    }

    private void EndVisits() => Wheel.Remove(this);

    private void Count(int ticks)
    {
        // While no receive waits, bytes may wait in the system; otherwise only for a moment, for which HasUnheard looks.
        if (!Hears(Read.BytesReceived + (Read.IsReceiving || Read.IsFinished ? 0 : Socket.Unreceived)))
        {
            _silence += ticks;
        }
        var sent = Socket.Sent;
        if ((uint)sent == _acknowledged)
        {
            _stillness += ticks;        // everything was acknowledged at an earlier visit
        }
        else
        {
            var acknowledged = (uint)Socket.Progress.Acknowledged;
            (_acknowledged, _stillness) = (acknowledged, acknowledged == _acknowledged ? _stillness + ticks : 0);
        }
        if (_pace is { } pace)
        {
            pace.Age += ticks;
        }
    }

    private Cause? FindCause(DeadlineTicks limits, int ticks)
    {
        if (_pace is { } pace && pace.Age >= limits.Lifetime)
        {
            return Exceeded(Deadline.Lifetime);
        }
        if (!Read.IsFinished)
        {
            Deadline? exceeded =
                _silence >= limits.FirstByte && _heard == 0 ? Deadline.FirstByte
                : _silence >= limits.Silence ? Deadline.Silence
                : null;
            if (exceeded is { } deadline && !HasUnheard())
            {
                return Exceeded(deadline);
            }
        }
        if (Math.Min(_silence, _stillness) >= limits.Idle && !HasUnheard())
        {
            return Exceeded(Deadline.Idle);
        }
        return FindSlowness(limits, ticks);
    }

    /// <summary>What is waited for: the rest of a message, or that the peer takes bytes.</summary>
    private Cause? FindSlowness(DeadlineTicks limits, int ticks)
    {
        var isPart = Read.IsInPart(out var consumed);
        var isSending = (uint)Socket.Sent != _acknowledged && Write.IsSending;      // what waits, waits behind bytes that were not taken
        var pace = Volatile.Read(ref _pace);
        if (pace is null)
        {
            if (!isPart && !isSending)
            {
                return null;
            }
            pace = PaceOnDemand();
        }
        if (pace.Age >= pace.FirstMessage && consumed == 0 && Read.IsWaiting)
        {
            return Exceeded(Deadline.FirstMessage);
        }
        return FindSlowReceiving(pace, isPart, consumed, limits, ticks) ?? FindSlowSending(pace, isSending, limits, ticks);
    }

    private Cause? FindSlowReceiving(Pace pace, bool isPart, long consumed, DeadlineTicks limits, int ticks)
    {
        if (!isPart)
        {
            pace.Receiving.End();
            return null;
        }
        HasUnheard();       // counts what has come while this process stood still
        if (pace.Receiving.IsTooSlow(consumed, _heard, ticks, limits))
        {
            return Exceeded(Deadline.MinRate);
        }
        return pace.Receiving.Ticks >= pace.Message ? Exceeded(Deadline.Message) : null;
    }

    private Cause? FindSlowSending(Pace pace, bool isSending, DeadlineTicks limits, int ticks)
    {
        if (!isSending)
        {
            pace.Sending.End();
            return null;
        }
        if (pace.Sending.IsTooSlow(0, Socket.Progress.Acknowledged, ticks, limits))
        {
            return Exceeded(Deadline.MinRate);
        }
        if (!Socket.FindsStalls && pace.Sending.Still >= _settings.StallTicks)
        {
            return Cause.From(System.Net.Sockets.SocketError.TimedOut);
        }
        return null;
    }

    private void Visit(Heartbeat heartbeat)
    {
        switch (heartbeat.Visit(_silence))
        {
            case Heartbeat.Beat.Ping:
                Post(heartbeat.Ping);
                break;
            case Heartbeat.Beat.Dead when !HasUnheard():
                Fail(Exceeded(Deadline.Heartbeat));
                break;
        }
    }

    /// <summary>Whether bytes have come that this side has not received yet: the peer was not silent. Costs a system call.</summary>
    private bool HasUnheard() => Hears(Read.BytesReceived + Socket.Unreceived);

    /// <returns>Whether that is more than was known.</returns>
    private bool Hears(long bytes)
    {
        if (bytes <= _heard)
        {
            return false;
        }
        (_heard, _silence) = (bytes, 0);
        return true;
    }

    private int NextVisit(DeadlineTicks limits)
    {
        var next = Math.Min(limits.Period, Left(limits.Idle, Math.Min(_silence, _stillness)));
        next = Math.Min(next, Left(limits.Silence, _silence));
        next = Math.Min(next, _heard == 0 ? Left(limits.FirstByte, _silence) : next);
        if (Volatile.Read(ref _pace) is { } pace)
        {
            next = Math.Min(next, PeriodOf(limits, pace));
            next = Math.Min(next, Math.Min(Left(limits.Lifetime, pace.Age), Left(pace.FirstMessage, pace.Age)));
            if (pace.Receiving.IsOpen)
            {
                next = Math.Min(next, Math.Min(Left(limits.Grace, pace.Receiving.Grace), Left(pace.Message, pace.Receiving.Ticks)));
            }
            if (pace.Sending.IsOpen)
            {
                next = Math.Min(next, Math.Min(Left(limits.Grace, pace.Sending.Grace), Left(_settings.StallTicks, pace.Sending.Still)));
            }
            next = Math.Min(next, pace.Heartbeat?.Left ?? next);
        }
        return next;
    }

    private static int Left(int limit, int ticks) => limit - ticks is > 0 and var left ? left : Wheel.LongestPeriod;

    private static int PeriodOf(DeadlineTicks limits, Pace pace)
    {
        var shortest = Math.Min(pace.FirstMessage, pace.Message);
        if (limits.LeastInGrace > 0 && (pace.Receiving.IsOpen || pace.Sending.IsOpen))
        {
            shortest = Math.Min(shortest, limits.Grace);
        }
        var period = Math.Min(limits.Period, DeadlineTicks.PeriodFor(pace.LooksForPeer ? 0 : shortest));
        return Math.Min(period, pace.Heartbeat?.Period ?? period);
    }

    /// <summary>Asks the system whether the peer has finished or is gone. If it is gone, what came before is received, and then the
    /// connection breaks as if somebody had read.</summary>
    private void LookForPeer()
    {
        if (_phase >= Phase.Broken || Read.IsReceiving || Read.IsFinished)
        {
            return;     // the receive says it
        }
        var peer = Socket.Peer;
        if (peer == PeerState.There)
        {
            return;
        }
        OnPeerGone();
        if (peer == PeerState.Gone)
        {
            Read.ReceiveRest();
        }
    }

    private void OnPeerGone()
    {
        CancellationTokenSource? source;
        lock (this)
        {
            var ending = EndingUnsynchronized();
            if (ending.IsPeerGone)
            {
                return;
            }
            ending.IsPeerGone = true;       // a token that is made from now on has fired already
            source = ending.PeerGoneSource;
        }
        Fire(source);
    }

    private Pace PaceOnDemand()
    {
        if (Volatile.Read(ref _pace) is { } pace)
        {
            return pace;
        }
        var made = new Pace();
        return Interlocked.CompareExchange(ref _pace, made, null) ?? made;
    }

    private void Hasten(int ticks) => Wheel.Hasten(this, ticks, isBackground: false);

    private static Cause Exceeded(Deadline deadline) => new(EndReason.DeadlineExceeded, Deadline: deadline);
}
