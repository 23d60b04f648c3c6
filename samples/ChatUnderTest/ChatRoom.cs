using System.Collections.Immutable;
using Zocalo;

namespace ChatUnderTest;

/// <summary>Answers its guests. The derived class decides how a guest leaves, and what happens when a guest cannot be reached.</summary>
public abstract class ChatRoom
{
    private ImmutableList<Guest> _guests = [];

    /// <summary>The guests who have joined, in that order.</summary>
    protected IReadOnlyList<Guest> Guests => _guests;

    /// <summary>The server's handler: serves one guest, from the first line to the last.</summary>
    public abstract Task ServeAsync(FramedConnection<string, string> peer, CancellationToken cancellationToken);

    /// <summary>Sends a line to all guests who have joined.</summary>
    protected abstract Task TellAsync(string line);

    /// <summary>Listens to a guest until the guest leaves or closes the connection.</summary>
    protected async Task ListenAsync(Guest guest, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(guest);
        await foreach (var line in guest.Peer.ReadAllAsync(cancellationToken))
        {
            switch (ChatProtocol.Parse(line))
            {
                case ("join", { Length: > 0 } name) when guest.Name.Length == 0:
                    guest.Name = name;
                    ImmutableInterlocked.Update(ref _guests, guests => guests.Add(guest));
                    await TellAsync($"{name} has joined");
                    break;
                case ("say", var text) when guest.Name.Length > 0:
                    await TellAsync($"{guest.Name}: {text}");
                    break;
                case ("who", _):
                    var names = string.Join(", ", _guests.Select(one => one.Name));
                    await guest.Peer.SendAsync(names.Length > 0 ? $"here: {names}" : "nobody is here", cancellationToken);
                    break;
                case ("leave", _):
                    return;
            }
        }
    }

    /// <summary>From now on the guest gets no more lines.</summary>
    protected void Remove(Guest guest) => ImmutableInterlocked.Update(ref _guests, guests => guests.Remove(guest));

    /// <summary>Removes the guest and informs the others.</summary>
    protected async Task SeeOffAsync(Guest guest)
    {
        ArgumentNullException.ThrowIfNull(guest);
        Remove(guest);
        if (guest.Name.Length > 0)
        {
            await TellAsync($"{guest.Name} has left");
        }
    }
}
