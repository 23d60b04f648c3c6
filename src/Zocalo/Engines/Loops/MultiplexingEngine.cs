using System.Net;
using System.Net.Sockets;
using Zocalo.Engines.Loops.Sockets;
using Zocalo.Engines.Loops.Takeover;
using Zocalo.Engines.Polling;
using Zocalo.Engines.Sockets;
using Zocalo.Engines.System;

namespace Zocalo.Engines.Loops;

/// <summary>Non-blocking sockets, multiplexed: a few loops, each with many connections, spread by their work.</summary>
internal sealed class MultiplexingEngine : LoopEngine
{
    private readonly Func<IPoller> _newPoller;
    private readonly bool _rescue;
    private readonly Loop[] _loops;
    private LoopLoads? _loads;

    internal MultiplexingEngine(string name, Func<IPoller> newPoller, SocketCalls calls, int loops, bool rescue) : base(name, calls)
    {
        _newPoller = newPoller;
        _rescue = rescue;
        _loops = new Loop[loops];
    }

    /// <summary>Makes the watchdog of an engine with rescue.</summary>
    internal Func<Loop[], Watchdog> NewWatchdog { private get; init; } = static loops => new Watchdog(loops);

    internal override int DescriptorLimit => FirstLoop.DescriptorLimit;

    internal override Loop Reserve()
    {
        _ = FirstLoop;      // makes them all
        return _loads!.Reserve();
    }

    internal override ListenerSocket[] ListenPerLoop(EndPoint endPoint, int backlog, SocketSettings settings)
    {
        if (endPoint.AddressFamily == AddressFamily.Unix)
        {
            throw new NotSupportedException(
                "PerLoop is for TCP, and a Unix socket has one queue that all loops share: leave PerLoop off for this address.");
        }
        _ = FirstLoop;
        var sockets = SocketSetup.ListenTogether(endPoint, backlog, settings, _loops.Length);
        var listeners = new ListenerSocket[sockets.Length];
        var adopted = 0;
        try
        {
            for (; adopted < sockets.Length; adopted++)
            {
                var loop = _loops[adopted];
                listeners[adopted] = new LoopListener(loop, Adopt(sockets[adopted].Socket, loop), sockets[adopted], keepsConnections: true);
            }
            return listeners;
        }
        catch
        {
            Array.ForEach(listeners[..adopted], static each => each.Close());
            Array.ForEach(sockets[adopted..], static each => each.Close());
            throw;
        }
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
            _loads = new LoopLoads(_loops, Clock);
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
