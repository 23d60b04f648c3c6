using System.Collections.Concurrent;
using System.Text;
using Zocalo;

var ends = new ConcurrentBag<Task<ConnectionEnd>>();
await using var server = await SocketServer.StartAsync(["tcp://127.0.0.1:0", "tcp://127.0.0.2:0"], CountAsync, new()
{
    Admission = new() { PerAddress = 2, Deny = ["127.0.0.13"], LastWords = "not now\n"u8.ToArray() },
    Connection = new() { BufferBudget = new BufferBudget(1024 * 1024) },
});
Console.WriteLine($"one server, {server.LocalAddresses.Count} addresses");

// Who may connect: two clients of each address, and none of 127.0.0.13.
var clients = new List<Connection>();
foreach (var from in new[] { "127.0.0.11", "127.0.0.11", "127.0.0.11", "127.0.0.12", "127.0.0.13" })
{
    clients.Add(await Connector.ConnectAsync(server.LocalAddress, new() { Source = $"{from}:0" }));
    Console.WriteLine($"{from} hears: {await HearAsync(clients[^1])}");
}
Console.WriteLine($"{server.RefusedCount} were refused");
await Task.WhenAll(clients.Select(client => client.CloseAsync()));

// How much memory: the server keeps what a client sends until it has finished. This one sends 64 MiB.
var greedy = await Connector.ConnectAsync(server.LocalAddresses[1]);
var honest = await Connector.ConnectAsync(server.LocalAddresses[1]);
try
{
    await greedy.SendAsync(new byte[64 * 1024 * 1024]);
}
catch (ConnectionException cut)
{
    Console.WriteLine($"the greedy one is cut off: {cut.Reason}");
}
Console.WriteLine($"the honest one hears: {await HearAsync(honest)}");
await honest.SendAsync(new byte[1000]);
await honest.CompleteOutputAsync();
Console.WriteLine($"and at the end: {await HearAsync(honest)}");
await Task.WhenAll(honest.CloseAsync(), server.StopAsync());
Console.WriteLine($"at the server: {string.Join(", ", ends.Select(end => end.Result.Reason).Distinct().Order())}");

static async Task<string> HearAsync(Connection connection)
{
    var into = new byte[100];
    return Encoding.UTF8.GetString(into, 0, await connection.ReceiveAsync(into)).Trim();
}

// Keeps what comes until the client has finished, then says how much it was.
async Task CountAsync(Connection connection, CancellationToken ct)
{
    ends.Add(connection.Closed);
    await connection.SendAsync("welcome\n"u8.ToArray(), ct);
    var read = await connection.Input.ReadAsync(ct);
    while (!read.IsCompleted)
    {
        connection.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);     // seen, and not consumed
        read = await connection.Input.ReadAsync(ct);
    }
    await connection.SendAsync(Encoding.UTF8.GetBytes($"{read.Buffer.Length} bytes\n"), ct);
}
