namespace Zocalo.Timing;

/// <summary>What only some connections need to know about their time. Made on demand, so that an idle connection has none.</summary>
/// <remarks>Its members belong to the visits, except those that say otherwise.</remarks>
internal sealed class Pace
{
    /// <summary>Set for this connection only, by any thread; null: those of its server or client.</summary>
    internal DeadlineTicks? Own;

    /// <summary>Ticks since the connection began, or since this object was made.</summary>
    internal int Age;

    /// <summary>The message that has come in part.</summary>
    internal Stretch Receiving;

    /// <summary>The bytes that wait for the peer to take them.</summary>
    internal Stretch Sending;

    /// <summary>Limits for messages, in ticks, set when the connection becomes framed.</summary>
    internal int FirstMessage = DeadlineTicks.Never;

    /// <inheritdoc cref="FirstMessage"/>
    internal int Message = DeadlineTicks.Never;

    /// <summary>The pings, set when the connection becomes framed.</summary>
    internal volatile Heartbeat? Heartbeat;

    /// <summary>Somebody wants to know when the peer is gone, and the engine does not say so by itself. Set by any thread.</summary>
    internal volatile bool LooksForPeer;
}

/// <summary>A time during which the same thing is waited for, as seen by visits.</summary>
internal struct Stretch
{
    private bool _isOpen;
    private long _what;
    private long _last;         // the count at the last visit
    private long _moved;        // in the present grace
    private int _inGrace;

    /// <summary>For how long this has been waited for.</summary>
    internal int Ticks { get; private set; }

    /// <summary>For how long nothing of it has moved.</summary>
    internal int Still { get; private set; }

    /// <summary>It is waited for, so <see cref="Grace"/> is of interest.</summary>
    internal readonly bool IsOpen => _isOpen;

    /// <summary>How far the present grace is.</summary>
    internal readonly int Grace => _inGrace;

    internal void End() => this = default;

    /// <summary>A visit has found that it is waited for.</summary>
    /// <param name="what">Tells one thing from another. A new one begins a new time.</param>
    /// <param name="count">Bytes that have moved so far.</param>
    /// <param name="ticks">Since the last visit.</param>
    /// <param name="limits">The least that has to move.</param>
    /// <returns>Whether too little has moved.</returns>
    internal bool IsTooSlow(long what, long count, int ticks, DeadlineTicks limits)
    {
        if (!_isOpen || what != _what)
        {
            this = new() { _isOpen = true, _what = what, _last = count };
            return false;
        }
        Ticks += ticks;
        Still = count == _last ? Still + ticks : 0;
        // In both directions: what a Unix socket says of its queue is memory, and grows by more than the bytes that were added.
        _moved += Math.Abs(count - _last);
        _last = count;
        _inGrace += ticks;
        if (_inGrace < limits.Grace)
        {
            return false;
        }
        var moved = _moved;
        (_moved, _inGrace) = (0, 0);
        return moved < limits.LeastInGrace;
    }
}
