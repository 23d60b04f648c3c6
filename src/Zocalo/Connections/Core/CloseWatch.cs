using Zocalo.Endings;
using Zocalo.Engines;

namespace Zocalo.Connections;

/// <summary>
/// The time limit of a close. Once per timeout it checks for progress: bytes taken, bytes acknowledged, a FIN. Without progress it cuts the
/// connection.
/// </summary>
/// <remarks>Progress counts, not a fixed time: a large reply to a slow peer takes longer than any fixed limit, and a cut would lose data
/// that the library has accepted.</remarks>
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
