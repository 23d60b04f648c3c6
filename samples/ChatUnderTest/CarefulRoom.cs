using Zocalo;

namespace ChatUnderTest;

/// <summary>However a guest goes, they are gone. Nobody waits for a guest who does not read, and nobody suffers for one who has
/// vanished.</summary>
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
