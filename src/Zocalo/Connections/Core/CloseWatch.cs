using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// The patience of a close: looks once a timeout whether the peer took, acknowledged or finished anything, and cuts the connection when
/// it did not.
/// </summary>
/// <remarks>By progress, not by a fixed end: a large reply to a slow peer outlasts any fixed one, and cutting it would lose data that
/// was promised.</remarks>
internal sealed class CloseWatch : IDisposable
{
    private readonly ConnectionCore _core;
    private readonly ITimer _timer;
    private (StreamProgress Output, bool IsFinished) _last;

    internal CloseWatch(ConnectionCore core, TimeSpan timeout, TimeProvider time)
    {
        _core = core;
        _last = Look();
        _timer = time.CreateTimer(static self => ((CloseWatch)self!).Tick(), this, timeout, timeout);
    }

    public void Dispose() => _timer.Dispose();

    private (StreamProgress Output, bool IsFinished) Look() => (_core.Socket.Progress, _core.Write.IsFinished);

    private void Tick()
    {
        if (_core.HasEnded)
        {
            _timer.Dispose();
            return;
        }
        var last = _last;
        _last = Look();
        if (_last == last)
        {
            _core.Fail(new Cause(EndReason.DeadlineExceeded, Deadline: Deadline.Close));
        }
    }
}
