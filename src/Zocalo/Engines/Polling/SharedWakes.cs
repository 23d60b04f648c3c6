using System.Net.Sockets;

namespace Zocalo.Engines.Polling;

/// <summary>An engine's shared wake-ups: a new one is made when no seat is free, and an empty one is closed. Thread-safe.</summary>
internal sealed class SharedWakes
{
    /// <summary>
    /// Loops that share one. With two a connection costs one descriptor and a half; each more would save less, and has one more thread
    /// woken for nothing.
    /// </summary>
    internal const int Seats = 2;

    private readonly Lock _lock = new();
    private readonly List<SharedWake> _withRoom = [];       // each knows its place here: nobody searches

    /// <summary>A seat, to be given back with <see cref="SharedWake.Leave"/>.</summary>
    /// <exception cref="SocketException">No descriptor is left.</exception>
    internal SharedWake TakeSeat()
    {
        lock (_lock)
        {
            if (_withRoom.Count == 0)
            {
                Add(new SharedWake(this));
            }
            var wake = _withRoom[^1];
            if (++wake.Sitting == Seats)
            {
                Remove(wake);
            }
            return wake;
        }
    }

    internal void Leave(SharedWake wake)
    {
        lock (_lock)
        {
            if (wake.Sitting-- == Seats)
            {
                Add(wake);
            }
            if (wake.Sitting == 0)
            {
                Remove(wake);
                wake.Close();
            }
        }
    }

    private void Add(SharedWake wake)
    {
        wake.Place = _withRoom.Count;
        _withRoom.Add(wake);
    }

    private void Remove(SharedWake wake)
    {
        var last = _withRoom[^1];
        (_withRoom[wake.Place], last.Place) = (last, wake.Place);
        _withRoom.RemoveAt(_withRoom.Count - 1);
    }
}
