using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>Non-blocking sockets, multiplexed: a few loops, each with many connections, spread evenly.</summary>
internal sealed class MultiplexingEngine : LoopEngine
{
    private readonly Func<IPoller> _newPoller;
    private readonly bool _rescue;
    private readonly Loop[] _loops;
    private int _nextLoop;

    internal MultiplexingEngine(string name, Func<IPoller> newPoller, SocketCalls calls, int loops, bool rescue) : base(name, calls)
    {
        _newPoller = newPoller;
        _rescue = rescue;
        _loops = new Loop[loops];
    }

    /// <summary>Makes the watchdog of an engine with rescue.</summary>
    internal Func<Loop[], Watchdog> NewWatchdog { private get; init; } = static loops => new Watchdog(loops);

    internal override int DescriptorLimit => FirstLoop.DescriptorLimit;

    /// <summary>The loop with the fewest connections; among equals, each in turn.</summary>
    internal override Loop Reserve()
    {
        _ = FirstLoop;
        var from = (uint)Interlocked.Increment(ref _nextLoop);
        var best = _loops[from % _loops.Length];
        for (var i = 1; i < _loops.Length; i++)
        {
            var other = _loops[(from + i) % _loops.Length];
            best = other.Users < best.Users ? other : best;
        }
        best.Retain();
        return best;
    }

    private protected override Loop MakeFirstLoop()
    {
        var made = 0;
        try
        {
            for (; made < _loops.Length; made++)
            {
                _loops[made] = new SharedLoop(this, _newPoller());
            }
            foreach (var loop in _loops)
            {
                loop.Threads.Prepare();
                if (_rescue)
                {
                    loop.Threads.Prepare();
                }
            }
            Watchdog ??= _rescue ? NewWatchdog(_loops) : null;
        }
        catch
        {
            while (made > 0)
            {
                _loops[--made].Threads.Dismiss();
                _loops[made].Discard();
            }
            throw;
        }
        foreach (var loop in _loops)
        {
            loop.Threads.Start();
        }
        return _loops[0];
    }
}
