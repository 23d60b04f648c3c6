using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Zocalo;

var payload = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
await using var listener = await Listener.ListenAsync("tcp://127.0.0.1:0");

// What the operating system does: a send takes what fits into its buffers, and says how much that was.
using (var socket = new Socket(SocketType.Stream, ProtocolType.Tcp))
{
    await socket.ConnectAsync("127.0.0.1", ((TcpAddress)listener.LocalAddress).Port);
    socket.Blocking = false;
    Console.WriteLine($"Socket.Send took {socket.Send(payload):N0} of {payload.Length:N0} bytes");
    (await listener.AcceptAsync()).Abort();
}

// What Zocalo does: the call completes for all of them, or fails.
var sender = await Connector.ConnectAsync(listener.LocalAddress);
var receiver = await listener.AcceptAsync();
var sending = sender.SendAsync(payload);

// A receive gives what is there. The pieces have nothing to do with the sends; only their order counts.
using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
var room = new byte[64 * 1024];
long total = 0;
int count, receives = 0;
while (total < payload.Length && (count = await receiver.ReceiveAsync(room)) > 0)
{
    hash.AppendData(room, 0, count);
    total += count;
    receives++;
}
await sending;
Console.WriteLine(
    $"one SendAsync, {receives} receives: {total:N0} bytes, the same: {hash.GetHashAndReset().SequenceEqual(SHA256.HashData(payload))}");

// A length of five digits and that many bytes: two messages, cut at the most awkward places.
foreach (var piece in new[] { "000", "11Hello ", "world00003b", "ye" })
{
    await sender.SendAsync(Encoding.ASCII.GetBytes(piece));
}
Console.WriteLine($"first message: {await ReceiveMessageAsync(receiver)}");
Console.WriteLine($"second message: {await ReceiveMessageAsync(receiver)}");
await Task.WhenAll(sender.CloseAsync(), receiver.CloseAsync());

static async Task<string> ReceiveMessageAsync(Connection connection)
{
    var head = await connection.Input.ReadAtLeastAsync(5);
    var length = int.Parse(head.Buffer.Slice(0, 5).ToArray(), CultureInfo.InvariantCulture);
    connection.Input.AdvanceTo(head.Buffer.GetPosition(5));
    var body = await connection.Input.ReadAtLeastAsync(length);
    var text = Encoding.UTF8.GetString(body.Buffer.Slice(0, length));
    connection.Input.AdvanceTo(body.Buffer.GetPosition(length));    // what is left belongs to the next message
    return text;
}
