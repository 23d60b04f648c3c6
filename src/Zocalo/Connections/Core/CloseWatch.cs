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
    private Progress _last;

    internal CloseWatch(ConnectionCore core, TimeSpan timeout, TimeProvider time)
    {
        _core = core;
        _last = Look();
        _timer = time.CreateTimer(static self => ((CloseWatch)self!).Tick(), this, timeout, timeout);
    }

    public void Dispose() => _timer.Dispose();

    private Progress Look()
    {
        while (true)
        {
            var sent = _core.BytesSent;
            var queued = _core.Socket.SendQueueLength;
            // Both of one moment: a queue that was refilled between the two readings could look as if nothing had moved.
            if (sent == _core.BytesSent)
            {
                return new(sent, queued, _core.Write.IsFinished);
            }
        }
    }

    private void Tick()
    {
        if (_core.HasEnded)
        {
            _timer.Dispose();
            return;
        }
        // Any change is progress: the kernel's queue grows only because it took bytes from us, and shrinks only because the peer acknowledged some.
        var last = _last;
        _last = Look();
        if (_last == last)
        {
            _core.Fail(new Cause(EndReason.DeadlineExceeded, Deadline: Deadline.Close));
        }
    }

    private readonly record struct Progress(long Sent, int Queued, bool Finished);
}
