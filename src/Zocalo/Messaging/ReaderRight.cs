namespace Zocalo.Messaging;

/// <summary>A connection has one reader at a time; a second one gets an exception at once.</summary>
internal sealed class ReaderRight
{
    private bool _taken;

    /// <exception cref="InvalidOperationException">Another loop is reading.</exception>
    internal void Take()
    {
        if (Interlocked.Exchange(ref _taken, true))
        {
            throw new InvalidOperationException("Another loop is reading this connection's messages: it has one reader at a time.");
        }
    }

    internal void GiveBack() => Volatile.Write(ref _taken, false);
}
