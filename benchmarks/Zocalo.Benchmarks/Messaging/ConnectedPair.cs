using Zocalo.Testing;

namespace Zocalo.Benchmarks.Messaging;

/// <summary>A connection that carries frames, and its peer, which has bytes.</summary>
internal sealed class ConnectedPair : IAsyncDisposable
{
    private readonly Listener _listener;

    private ConnectedPair(Listener listener, FramedConnection<Frame, Frame> framed, Connection peer)
    {
        _listener = listener;
        Framed = framed;
        Peer = peer;
    }

    internal FramedConnection<Frame, Frame> Framed { get; }

    internal Connection Peer { get; }

    /// <param name="window">Bytes that can be on their way.</param>
    internal static async Task<ConnectedPair> ConnectAsync(int window)
    {
        var engine = new InMemoryEngine { Window = window };
        var listener = await Listener.ListenAsync("tcp://127.0.0.1:7000", new() { Engine = engine });
        var accepting = listener.AcceptAsync();
        var framed = await Connector.ConnectAsync("tcp://127.0.0.1:7000", Frames.LengthPrefixed(), new() { Engine = engine });
        return new ConnectedPair(listener, framed, await accepting);
    }

    public async ValueTask DisposeAsync()
    {
        await Framed.DisposeAsync();
        await Peer.DisposeAsync();
        await _listener.DisposeAsync();
    }
}
