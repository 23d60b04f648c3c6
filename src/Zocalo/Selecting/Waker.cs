using Zocalo.Engines.System;

namespace Zocalo.Selecting;

/// <summary>
/// Something to be watched that another thread can make readable: an eventfd, or, where there is none, a <see cref="SignalSocket"/>.
/// <see cref="Wake"/> and <see cref="Nudge"/> come from any thread.
/// </summary>
internal sealed class Waker : IDisposable
{
    private readonly Lock _lock = new();    // a signal after the end would be written into another owner's descriptor
    private readonly EventDescriptor? _event;
    private readonly SignalSocket? _socket;
    private bool _closed;
    private int _wakeRequested;

    internal Waker(bool hasEvents)
    {
        if (hasEvents)
        {
            _event = new EventDescriptor();
            Thing = Selectable.FromDescriptor(_event.Descriptor);
        }
        else
        {
            _socket = new SignalSocket();
            Thing = _socket.Readable;
        }
    }

    // For a selector that was dropped. A socket has a finalizer of its own.
    ~Waker() => _event?.Close();

    internal Selectable Thing { get; }

    /// <summary>The wait is to end.</summary>
    internal void Wake()
    {
        Volatile.Write(ref _wakeRequested, 1);
        Nudge();
    }

    /// <summary>The waiting thread is to look round: something may have ended the wait.</summary>
    internal void Nudge()
    {
        lock (_lock)
        {
            if (_closed)
            {
                return;
            }
            _event?.Signal();
            _socket?.Signal();
        }
    }

    /// <summary>Takes the signals, and tells whether one of them was <see cref="Wake"/>.</summary>
    internal bool Take()
    {
        _event?.Clear();
        _socket?.Clear();
        return Interlocked.Exchange(ref _wakeRequested, 0) == 1;    // after the clearing: a later call signals again
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        lock (_lock)
        {
            if (!_closed)
            {
                _closed = true;
                _event?.Close();
                _socket?.Dispose();
            }
        }
    }
}
