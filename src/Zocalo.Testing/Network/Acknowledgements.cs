using System.Net.Sockets;

namespace Zocalo.Testing.Network;

/// <summary>
/// What the sender of a direction knows about its bytes: an acknowledgement takes the time of the way back, and TCP_USER_TIMEOUT (RFC 5482)
/// breaks a connection whose bytes nobody acknowledges. Under the world's lock.
/// </summary>
internal sealed class Acknowledgements
{
    private const long Never = -1;

    private readonly Flow _flow;
    private readonly SimulatedLink _back;
    private readonly TimeSpan _userTimeout;
    private readonly Wakeup _progress;
    private int _arrived;               // bytes that have arrived, of which the sender does not know yet
    private long _dueAt = Never;        // when it will know
    private long _progressAt;

    internal Acknowledgements(Flow flow, SimulatedLink back, TimeSpan userTimeout)
    {
        _flow = flow;
        _back = back;
        _userTimeout = userTimeout;
        _progress = new Wakeup(flow.World, OnProgressDue);
    }

    /// <summary>Bytes that were sent and not acknowledged: kept, in flight, or arrived without the sender's knowledge.</summary>
    internal int Outstanding { get; private set; }

    internal void OnWritten(int bytes)
    {
        if (Outstanding == 0)
        {
            _progressAt = _flow.Now;
        }
        Outstanding += bytes;
    }

    internal void OnDropped(int bytes) => Outstanding -= bytes;

    internal void OnArrived(int bytes)
    {
        _arrived += bytes;
        if (_back.IsDown)
        {
            return;
        }
        if (_back.Options.IsInstant)
        {
            Acknowledge();
        }
        else if (_dueAt == Never)
        {
            var ticks = _back.Travel(0, _flow.Now, _flow.Random);
            _dueAt = _flow.Now + ticks;
            _flow.ScheduleTransmit(ticks);
        }
    }

    /// <summary>The way back is up again: an acknowledgement that was lost is sent again.</summary>
    internal void OnLinkUp(long ticks)
    {
        if (_arrived > 0 && _dueAt == Never)
        {
            _dueAt = _flow.Now + ticks;
        }
    }

    /// <summary>Time has passed.</summary>
    internal void OnTime()
    {
        if (_dueAt != Never && _dueAt <= _flow.Now && !_back.IsDown)
        {
            Acknowledge();
        }
        else if (_dueAt > _flow.Now)
        {
            _flow.ScheduleTransmit(_dueAt - _flow.Now);
        }
    }

    /// <summary>Starts the user timeout, if bytes wait for an acknowledgement and it does not run.</summary>
    internal void WatchProgress()
    {
        if (Outstanding > 0 && _userTimeout != Timeout.InfiniteTimeSpan)
        {
            _progress.AtLatest(_progressAt + _userTimeout.Ticks);
        }
    }

    private void Acknowledge()
    {
        Outstanding -= _arrived;
        _arrived = 0;
        _dueAt = Never;
        _progressAt = _flow.Now;
        _flow.Sender.Changed();
    }

    private void OnProgressDue()
    {
        if (Outstanding == 0 || !_flow.Sender.IsOpen)
        {
            return;
        }
        if (_flow.Now - _progressAt >= _userTimeout.Ticks)
        {
            _flow.Sender.Fail(SocketError.TimedOut);
            return;
        }
        WatchProgress();
    }
}
