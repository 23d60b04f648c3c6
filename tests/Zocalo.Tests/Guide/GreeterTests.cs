using System.Text;
using Zocalo;
using Zocalo.Testing;

namespace Greetings;

// What is tested: a line with a name comes, a greeting goes.
public static class Greeter
{
    public static Protocol<string, string> Lines { get; } = Frames.Lines().Map<string, string>(
        line => Encoding.UTF8.GetString(line.Span),
        (line, into) => Encoding.UTF8.GetBytes(line, into));

    // The client's side: each line that comes answers one that was sent.
    public static Protocol<string, string> Client { get; } = Lines.WithRepliesInOrder();

    public static async Task ServeAsync(FramedConnection<string, string> peer, CancellationToken cancellationToken)
    {
        await foreach (var name in peer.ReadAllAsync(cancellationToken)) { await peer.SendAsync($"hello {name}", cancellationToken); }
    }
}

public class GreeterTests
{
    [Fact]
    public async Task A_guest_is_greeted_by_name()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = net.Host("b") });
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = net.Host("a") });

        Assert.Equal("hello Ana", await client.RequestAsync("Ana"));
    }
}
