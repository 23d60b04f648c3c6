using System.Collections.Immutable;
using Zocalo;

namespace ChatUnderTest;

/// <summary>Answers what its guests say. How they leave, and what happens when one cannot be reached, is up to the kind of room.</summary>
public abstract class ChatRoom
{
    private ImmutableList<Guest> _guests = [];

    /// <summary>Those who have joined, in the order in which they did.</summary>
    protected IReadOnlyList<Guest> Guests => _guests;

    /// <summary>Serves one guest from their first line to their last: the handler, to be given to a server.</summary>
    public abstract Task ServeAsync(FramedConnection<string, string> peer, CancellationToken cancellationToken);

    /// <summary>Sends a line to everybody who has joined.</summary>
    protected abstract Task TellAsync(string line);

    /// <summary>Listens to a guest until they leave or hang up.</summary>
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

    /// <summary>From now on they are told nothing.</summary>
    protected void Remove(Guest guest) => ImmutableInterlocked.Update(ref _guests, guests => guests.Remove(guest));

    /// <summary>Removes them, and tells the others.</summary>
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
