using Zocalo;

await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", Frames.LengthPrefixed(), async (peer, ct) =>
{
    await foreach (var message in peer.ReadAllAsync(ct))
        await peer.SendAsync(message, ct);
});
await using var client = await Connector.ConnectAsync(server.LocalAddress, Frames.LengthPrefixed());
await client.SendAsync("whole, or not at all"u8.ToArray());
await client.CompleteOutputAsync();
await foreach (var reply in client.ReadAllAsync())
    Console.WriteLine($"{reply.Length} bytes came back as one message");
