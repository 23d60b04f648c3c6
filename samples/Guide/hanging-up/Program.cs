using Zocalo;

await Show("the client finishes, then the reply comes",
    handler: async (connection, ct) =>
    {
        await ReadToEndAsync(connection);               // until the client's FIN
        await connection.SendAsync("thank you"u8.ToArray(), ct);
    },
    client: async (connection, _) =>
    {
        await connection.SendAsync(new byte[1000]);
        await connection.CompleteOutputAsync();         // FIN: no more from here, but I listen
        await ReadToEndAsync(connection);
    });

await Show("the server finishes first, and has read nothing",
    handler: (connection, ct) => connection.SendAsync("too long"u8.ToArray(), ct).AsTask(),
    client: (connection, _) => AskAsync(connection, new byte[1_000_000]));

await Show("the client cuts the connection", EchoAsync, async (connection, _) =>
{
    await connection.SendAsync("hello"u8.ToArray());
    await connection.ReceiveAsync(new byte[5]);
    connection.Abort();
});

await Show("the handler throws",
    handler: async (connection, ct) =>
        throw new InvalidOperationException($"a bug, {await connection.ReceiveAsync(new byte[5], ct)} bytes later"),
    client: (connection, _) => AskAsync(connection, "hello"u8.ToArray()));

await Show("the server stops", EchoAsync, async (connection, server) =>
{
    await connection.SendAsync("hello"u8.ToArray());
    await connection.ReceiveAsync(new byte[5]);
    var stopping = server.StopAsync();
    await ReadToEndAsync(connection);                   // until the server's FIN
    await Task.WhenAll(connection.CloseAsync(), stopping);
});

static Task EchoAsync(Connection connection, CancellationToken ct) => connection.Input.CopyToAsync(connection.Output, ct);

static Task ReadToEndAsync(Connection connection) => connection.Input.CopyToAsync(Stream.Null);

static async Task AskAsync(Connection connection, byte[] question)
{
    await connection.SendAsync(question);
    await ReadToEndAsync(connection);
}

static async Task Show(string title, ConnectionHandler handler, Func<Connection, SocketServer, Task> client)
{
    var served = new TaskCompletionSource<Connection>();
    await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0",
        (connection, ct) => { served.SetResult(connection); return handler(connection, ct); });
    var connection = await Connector.ConnectAsync(server.LocalAddress);
    await client(connection, server).ContinueWith(_ => { }, TaskScheduler.Default);     // broken or not: the end is printed below
    Console.WriteLine($"{title}\n  client: {await connection.CloseAsync()}\n  server: {await (await served.Task).Closed}");
}
