using System.Net.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Polling;

/// <summary>
/// One eventfd(2) that wakes several loops: a descriptor for each of ten thousand connections is more than a process may open. Its count is
/// the number of seats that were woken and have not noticed, so it is readable until each of them has taken its own one. Thread-safe.
/// </summary>
/// <remarks>
/// Every sleeper is woken with the one that was meant. It finds that nothing is for it, and leaves the descriptor out while
/// <see cref="IsForAnother"/>: it would be woken again and again otherwise. A seat's flag and the count change together, under one lock.
/// Without it a taker could see a flag whose count is still to be written, and take another's.
/// </remarks>
/// <param name="among">Where it is shared; null: it has one seat.</param>
/// <exception cref="SocketException">No descriptor is left.</exception>
internal sealed class SharedWake(SharedWakes? among = null)
{
    private readonly EventDescriptor _event = new(takenOneByOne: true);
    private int _signals;       // what is in the descriptor

    internal int Descriptor => _event.Descriptor;

    /// <summary>Seats that are taken. Belongs to <see cref="SharedWakes"/>.</summary>
    internal int Sitting { get; set; }

    /// <summary>Where it is in the list of those with a free seat. Belongs to <see cref="SharedWakes"/>.</summary>
    internal int Place { get; set; }

    /// <summary>Ends the wait of a seat that is going on, or the next one.</summary>
    /// <param name="isWoken">The seat's flag.</param>
    internal void Wake(ref bool isWoken)
    {
        lock (this)         // nobody else has it, and one lock less for each connection
        {
            if (!isWoken)
            {
                isWoken = true;
                _signals++;
                _event.Signal();
            }
        }
    }

    /// <summary>Called by the seat's owner, after every wait: what is left there wakes the others.</summary>
    /// <param name="isWoken">The seat's flag.</param>
    /// <returns>Whether it was woken.</returns>
    internal bool TryTake(ref bool isWoken)
    {
        if (!Volatile.Read(ref isWoken))
        {
            return false;
        }
        lock (this)
        {
            isWoken = false;
            _signals--;
            _event.Clear();
        }
        return true;
    }

    /// <summary>It is readable, but not for this seat. No more than a hint: the next moment it may be.</summary>
    internal bool IsForAnother(ref bool isWoken) => Volatile.Read(ref _signals) > 0 && !Volatile.Read(ref isWoken);

    /// <summary>Gives a seat back. Nobody wakes it any more.</summary>
    /// <param name="isWoken">The seat's flag.</param>
    internal void Leave(ref bool isWoken)
    {
        TryTake(ref isWoken);
        if (among is null)
        {
            Close();
        }
        else
        {
            among.Leave(this);
        }
    }

    internal void Close() => _event.Close();
}
