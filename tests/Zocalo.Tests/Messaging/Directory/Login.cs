using Zocalo.Testing;

namespace Zocalo.Tests.Messaging.Directory;

/// <summary>A connection in memory: the peer that a server would bind, and its client.</summary>
internal sealed class Login : IAsyncDisposable
{
    internal static readonly TimeSpan Cap = TimeSpan.FromSeconds(90);

    internal static readonly FrameFormat Format = Frames.LengthPrefixed();

    // One message of this length fills the way to a client that does not read, and the outbox.
    private const int Clogging = 200_000;

    internal Login(MessagingOptions? messaging = null, FrameFormat? format = null)
    {
        var (client, server) = ConnectionPair.Create(new ConnectionOptions { SendHighWaterMark = 1 });
        Client = client;
        Peer = server.AsFramed(format ?? Format, messaging);
    }

    /// <summary>A login whose outbox holds one message, whatever its length.</summary>
    internal static Login WithSmallOutbox(OutboxPolicy policy) =>
        new(new MessagingOptions { OutboxCapacity = 1, WhenOutboxIsFull = policy });

    internal Connection Client { get; }

    internal FramedConnection<Frame, Frame> Peer { get; }

    /// <summary>Sends until the outbox is full: the client does not read.</summary>
    internal async Task ClogAsync() => await Peer.SendAsync(new byte[Clogging]);

    /// <summary>What a server's handler does: reads to the end, then closes.</summary>
    internal async Task<ConnectionEnd> ServeAsync()
    {
        try
        {
            await foreach (var _ in Peer.ReadAllAsync())
            {
            }
        }
        catch (IOException)
        {
            // The end says why.
        }
        return await Peer.CloseAsync().WaitAsync(Cap);
    }

    public ValueTask DisposeAsync()
    {
        Client.Abort();
        Peer.Abort();
        return default;
    }
}
