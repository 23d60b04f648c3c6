using Zocalo.Testing;

namespace Zocalo.Benchmarks.Messaging;

/// <summary>A connection that carries frames, and its peer, which has bytes.</summary>
internal sealed class ConnectedPair : IAsyncDisposable
{
    private ConnectedPair(FramedConnection<Frame, Frame> framed, Connection peer)
    {
        Framed = framed;
        Peer = peer;
    }

    internal FramedConnection<Frame, Frame> Framed { get; }

    internal Connection Peer { get; }

    /// <param name="window">Bytes that can be on their way.</param>
    internal static ConnectedPair Connect(int window)
    {
        var (client, server) = ConnectionPair.Create(window: window);
        return new ConnectedPair(client.AsFramed(Frames.LengthPrefixed()), server);
    }

    public async ValueTask DisposeAsync()
    {
        await Framed.DisposeAsync();
        await Peer.DisposeAsync();
    }
}
