using Zocalo;

namespace ChatUnderTest;

/// <summary>
/// Works wherever it is tried by hand. The bug: a guest whose connection breaks, instead of ending, makes
/// <see cref="ChatRoom.ListenAsync"/> throw, and is never removed. From then on whoever says something fails at that guest, and those
/// behind them in the list hear nothing.
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
