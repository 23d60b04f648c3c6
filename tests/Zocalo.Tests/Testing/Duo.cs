using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>A client on host <c>a</c>, the server's end of its connection on host <c>b</c>, and the network's view of it.</summary>
internal sealed class Duo(
    Connection client, Connection server, SimulatedConnection wire, SimulatedHost a, SimulatedHost b) : IAsyncDisposable
{
    /// <summary>Milliseconds of real time that a test gets: far more than any needs.</summary>
    internal const int Cap = 30_000;

    internal Connection Client => client;

    internal Connection Server => server;

    internal SimulatedConnection Wire => wire;

    internal SimulatedHost A => a;

    internal SimulatedHost B => b;

    internal static async Task<Duo> JoinAsync(SimulatedNetwork net, ConnectionOptions? options = null)
    {
        var (a, b) = (net.Host("a"), net.Host("b"));
        var both = options ?? ConnectionOptions.Default;
        SimulatedConnection? wire = null;
        net.Connected += OnConnected;
        await using var listener = await Listener.ListenAsync("tcp://b:7000", new() { Engine = b, Connection = both });
        var accepting = listener.AcceptAsync();
        var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = a, Connection = both });
        net.Connected -= OnConnected;
        return new(client, await accepting, wire!, a, b);

        void OnConnected(SimulatedConnection made) => wire = made;
    }

    /// <summary>Sends, then receives, and returns the received bytes.</summary>
    internal static async Task<string> Pass(Connection from, Connection to, string text)
    {
        await from.SendAsync(Encoding.ASCII.GetBytes(text));
        return await Read(to, text.Length);
    }

    internal static ValueTask Send(Connection from, string text) => from.SendAsync(Encoding.ASCII.GetBytes(text));

    /// <summary>Reads that many bytes, or fewer if the input ends before.</summary>
    internal static async Task<string> Read(Connection from, int count)
    {
        var bytes = new byte[count];
        var read = 0;
        while (read < count && await from.ReceiveAsync(bytes.AsMemory(read)) is > 0 and var more)
        {
            read += more;
        }
        return Encoding.ASCII.GetString(bytes, 0, read);
    }

    public ValueTask DisposeAsync()
    {
        client.Abort();
        server.Abort();
        return default;
    }
}
