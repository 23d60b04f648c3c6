using System.Net;
using System.Net.Sockets;

namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>
/// What a handler blocks in where the runtime does not see it: a receive of the system's own, whose byte does not come until the test
/// removes the obstacle. It costs no processor.
/// </summary>
internal sealed class Obstacle : IDisposable
{
    private readonly Socket _waits;
    private readonly Socket _ends = new(SocketType.Stream, ProtocolType.Tcp);
    private int _met;

    internal Obstacle()
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _ends.Connect(listener.LocalEndPoint!);
        _waits = listener.Accept();
        _waits.ReceiveTimeout = (int)LoopEngines.Cap.TotalMilliseconds;
    }

    /// <summary>How often somebody has run into it.</summary>
    internal int Met => Volatile.Read(ref _met);

    /// <summary>Blocks the calling thread.</summary>
    internal void Meet()
    {
        Interlocked.Increment(ref _met);
        _waits.Receive(new byte[1], SocketFlags.Peek);
    }

    internal Task UntilMetAsync(int times) =>
        LoopEngines.UntilAsync(() => Met >= times, $"only {Met} of {times} came to the obstacle");

    /// <summary>Lets all go on, and all that come later.</summary>
    internal void Remove() => _ends.Send([1]);

    public void Dispose()
    {
        Remove();
        _ends.Dispose();
        // The other end stays with those who are about to receive from it; the collector closes it.
    }
}
