using System.Buffers;
using System.Text;
using Zocalo;

// One message, marked in each of these ways.
foreach (var format in (FrameFormat[])
[
    Frames.Fixed(5), Frames.Lines(), Frames.Lines(strict: true), Frames.Nul(),
    Frames.LengthPrefixed(), Frames.LengthPrefixed(2, ByteOrder.LittleEndian), Frames.VarintPrefixed(), Frames.DigitsPrefixed(5),
    Frames.Netstrings(), Frames.Cobs(), Frames.Slip(),
])
{
    var wire = new ArrayBufferWriter<byte>();
    format.Encode("Hello"u8, wire);
    Console.WriteLine($"{format,-22} {Convert.ToHexString(wire.WrittenSpan)}");
}

// Bytes that any client may send, to a server that accepts messages of at most 1,000 bytes.
await Show("in pieces", "00", "011Hello ", "world00003b", "ye");
await Show("cut off", "00003bye", "00011Hello w");
await Show("too long", "00003bye", "99999 what then?");
await Show("no length at all", "00003bye", "GET / HTTP/1.1\r\n\r\n");

// Eight tasks send on one connection at the same time.
var whole = 0;
await using (var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", Frames.Lines(), async (peer, ct) =>
{
    await foreach (var line in peer.ReadAllAsync(ct)) { whole += line.Span.ContainsAnyExcept(line.Span[0]) ? 0 : 1; }
}))
{
    await using var client = await Connector.ConnectAsync(server.LocalAddress, Frames.Lines());
    await Task.WhenAll("abcdefgh".Select(letter => Task.Run(async () =>
    {
        for (var length = 1; length <= 1000; length++) { await client.SendAsync(Encoding.ASCII.GetBytes(new string(letter, length))); }
    })));
}
Console.WriteLine($"8 senders, {whole:N0} messages that are whole");

static async Task Show(string title, params string[] pieces)
{
    Console.WriteLine(title);
    var served = new TaskCompletionSource<FramedConnection<Frame, Frame>>();
    await using var server =
        await SocketServer.StartAsync("tcp://127.0.0.1:0", Frames.DigitsPrefixed(5, maxFrameLength: 1000), async (peer, ct) =>
    {
        served.SetResult(peer);
        await foreach (var message in peer.ReadAllAsync(ct)) { Console.WriteLine($"  {Encoding.ASCII.GetString(message.Span)}"); }
    });
    await using var client = await Connector.ConnectAsync(server.LocalAddress);
    foreach (var piece in pieces) { await client.SendAsync(Encoding.ASCII.GetBytes(piece)); }
    await client.CompleteOutputAsync();
    var end = await (await served.Task).Closed;
    Console.WriteLine($"  {end.Reason}: {end.Exception?.Message ?? "nothing was left"}");
}
