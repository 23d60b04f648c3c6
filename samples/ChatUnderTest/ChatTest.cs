using Zocalo;
using Zocalo.Testing;

namespace ChatUnderTest;

/// <summary>A test as a user of the library writes it: any room, three guests, and a network that sometimes resets a connection.</summary>
public static class ChatTest
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    /// <summary>Guests join and leave. Afterwards the room must be empty, in whatever way their connections ended.</summary>
    /// <exception cref="SeedFailedException">The room is not empty.</exception>
    public static Task TheLastOneLeavesAnEmptyRoom<TRoom>() where TRoom : ChatRoom, new() => Explore.Seeds(200, async net =>
    {
        await using var server = await SocketServer.StartAsync(
            "tcp://room:7000", ChatProtocol.Lines, new TRoom().ServeAsync, new() { Engine = net.Host("room") });
        net.Faults = FaultMix.Harmless.With(FaultKind.Reset, 0.1);
        await Task.WhenAll(VisitAsync(net.Host("ann")), VisitAsync(net.Host("bob")), VisitAsync(net.Host("eve")));
        net.Faults = FaultMix.None;
        await Task.Delay(Minute, net.Time);
        await using var last = await Connector.ConnectAsync("tcp://room:7000", ChatProtocol.Lines, new() { Engine = net.Host("zoe") });
        await last.SendAsync("who");
        var answer = await last.WaitToReadAsync() && last.TryRead(out var line) ? line : "nothing";
        if (answer != "nobody is here") { throw new InvalidOperationException($"everybody has gone, but the room says '{answer}'"); }
    });

    private static async Task VisitAsync(SimulatedHost host)
    {
        await using var guest = await Connector.ConnectAsync("tcp://room:7000", ChatProtocol.Lines, new() { Engine = host });
        guest.TrySend($"join {host.HostName}");     // false, and no matter, if the network has taken this one
        await Task.Delay(Minute / 4, host.Clock);
        guest.TrySend("leave");
    }
}
