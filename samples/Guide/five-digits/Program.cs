using System.Text;
using Zocalo;

// The exercise of the sockets HOWTO (§3): each message has its length in front, in five ASCII digits.
var format = Frames.DigitsPrefixed(5);

switch (args)
{
    case ["listen", var address]:
        await using (var server = await StartAsync(address))
        {
            Console.WriteLine(server.LocalAddress);
            Console.ReadLine();     // Enter stops it
        }
        break;
    case ["connect", var address]:
        await TalkAsync(address);
        break;
    default:
        await using (var server = await StartAsync("tcp://127.0.0.1:0")) { await TalkAsync(server.LocalAddress); }
        break;
}

Task<SocketServer> StartAsync(Address address) => SocketServer.StartAsync(address, format, async (peer, ct) =>
{
    await foreach (var message in peer.ReadAllAsync(ct)) { await peer.SendAsync(Answer(message), ct); }
});

async Task TalkAsync(Address address)
{
    await using var client = await Connector.ConnectAsync(address, format);
    foreach (var words in (string[])["Hello world", "", "¿Me oyes?"]) { await client.SendAsync(Encoding.UTF8.GetBytes(words)); }
    await client.CompleteOutputAsync();
    await foreach (var reply in client.ReadAllAsync()) { Console.WriteLine(Encoding.UTF8.GetString(reply.Span)); }
}

static byte[] Answer(Frame message) => Encoding.UTF8.GetBytes($"'{Encoding.UTF8.GetString(message.Span)}' is {message.Length} bytes");
