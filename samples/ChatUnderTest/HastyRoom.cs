using Zocalo;

namespace ChatUnderTest;

/// <summary>
/// Works in every trial by hand. The bug: when a guest's connection breaks instead of ending, <see cref="ChatRoom.ListenAsync"/> throws,
/// and the guest is never removed. From then on every message fails at that guest, and the guests after that one in the list do not get it.
/// </summary>
public sealed class HastyRoom : ChatRoom
{
    /// <inheritdoc/>
    public override async Task ServeAsync(FramedConnection<string, string> peer, CancellationToken cancellationToken)
    {
        var guest = new Guest(peer);
        await ListenAsync(guest, cancellationToken);
        await SeeOffAsync(guest);
    }

    /// <inheritdoc/>
    protected override async Task TellAsync(string line)
    {
        foreach (var guest in Guests)
        {
            await guest.Peer.SendAsync(line);
        }
    }
}
