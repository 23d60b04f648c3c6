using Zocalo;

namespace ChatUnderTest;

/// <summary>Removes a guest in whatever way the connection ends. A guest who does not read, or whose connection is broken, does not affect
/// the others.</summary>
public sealed class CarefulRoom : ChatRoom
{
    /// <inheritdoc/>
    public override async Task ServeAsync(FramedConnection<string, string> peer, CancellationToken cancellationToken)
    {
        var guest = new Guest(peer);
        try
        {
            await ListenAsync(guest, cancellationToken);
        }
        finally
        {
            await SeeOffAsync(guest);
        }
    }

    /// <inheritdoc/>
    protected override Task TellAsync(string line)
    {
        foreach (var guest in Guests)
        {
            if (!guest.Peer.TrySend(line))
            {
                Remove(guest);
                guest.Peer.Abort();
            }
        }
        return Task.CompletedTask;
    }
}
