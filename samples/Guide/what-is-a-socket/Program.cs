using System.Text;
using Zocalo;

// A server socket is an address to be called at. It neither sends nor receives: it makes connections.
await using var listener = await Listener.ListenAsync("tcp://127.0.0.1:0");
Console.WriteLine($"listening on {listener.LocalAddress}, for: {listener.LocalAddress.Reach}");

// Two clients call the same address. For each of them the server gets a connection of its own.
var anna = await Connector.ConnectAsync(listener.LocalAddress);
var serverToAnna = await listener.AcceptAsync();
var ben = await Connector.ConnectAsync(listener.LocalAddress);
var serverToBen = await listener.AcceptAsync();

// Each end sees the same two addresses, the other way round. No two connections have the same pair.
Show("anna", anna);
Show("server to anna", serverToAnna);
Show("ben", ben);
Show("server to ben", serverToBen);

// From here on both ends are equals: either may speak first. Here the server does.
await serverToBen.SendAsync("Hello, Ben."u8.ToArray());
var room = new byte[1024];
var count = await ben.ReceiveAsync(room);
Console.WriteLine($"ben received {count} bytes: {Encoding.UTF8.GetString(room, 0, count)}");

// Both ends have to close, and each waits for the other; so here they do it at the same time.
await Task.WhenAll(anna.CloseAsync(), serverToAnna.CloseAsync(), ben.CloseAsync(), serverToBen.CloseAsync());
Console.WriteLine($"ben's connection: {await ben.Closed}");

static void Show(string name, Connection connection) =>
    Console.WriteLine($"{name,-14}  here {connection.LocalAddress}, there {connection.RemoteAddress}");
