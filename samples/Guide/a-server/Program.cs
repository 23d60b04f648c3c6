using System.Buffers;
using System.Collections.Concurrent;
using System.Text;
using Zocalo;

var ends = new ConcurrentBag<Task<ConnectionEnd>>();

await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", EchoAsync);
Console.WriteLine($"listening on {server.LocalAddress}");

// Three clients are connected at the same time. The last to connect sends first: no client waits for another.
var clients = new List<(Connection Connection, string Text)>();
foreach (var text in new[] { "one", "two!", "three" })
{
    clients.Add((await Connector.ConnectAsync(server.LocalAddress), text));
}
clients.Reverse();
foreach (var (connection, text) in clients)
{
    try
    {
        await connection.SendAsync(Encoding.UTF8.GetBytes(text));
        var reply = await connection.Input.ReadAtLeastAsync(text.Length);
        Console.WriteLine($"sent {text}, received {Encoding.UTF8.GetString(reply.Buffer)}");
    }
    catch (ConnectionException broken)
    {
        Console.WriteLine($"sent {text}: {broken.Message}");
    }
}
await Task.WhenAll(clients.Select(client => client.Connection.CloseAsync()));

await server.StopAsync();
foreach (var end in (await Task.WhenAll(ends)).OrderBy(end => end.BytesReceived))
{
    Console.WriteLine($"at the server: {end}");
}

// Runs once for each connection, many at the same time. The server closes the connection when it returns.
async Task EchoAsync(Connection connection, CancellationToken ct)
{
    ends.Add(connection.Closed);
    while (true)
    {
        var read = await connection.Input.ReadAsync(ct);
        if (read.Buffer.PositionOf((byte)'!') is not null)
        {
            throw new InvalidOperationException("This handler has a bug: it cannot stand an exclamation mark.");
        }
        connection.Output.Write(read.Buffer.ToArray());
        await connection.Output.FlushAsync(ct);
        connection.Input.AdvanceTo(read.Buffer.End);
        if (read.IsCompleted)
        {
            return;
        }
    }
}
