using System.Text;
using Zocalo;
using Zocalo.Testing;

// The same conversation twice. The second time the network cuts the connection after the first reply.
await TalkAsync(_ => { });
await TalkAsync(connection => connection.ToClient.AfterFrames(1, Frames.Lines(), connection.Reset));

// One receive for one line works on the author's machine. Here are 200 networks, each with other harmless faults.
try
{
    await Explore.Seeds(200, async net =>
    {
        net.Faults = FaultMix.Harmless;
        await using var server = await SocketServer.StartAsync(
            "tcp://office:7000",
            (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct),
            new() { Engine = net.Host("office") });
        await using var client = await Connector.ConnectAsync("tcp://office:7000", new() { Engine = net.Host("home") });
        await client.SendAsync("Hello world\n"u8.ToArray());
        var buffer = new byte[1024];
        var heard = Encoding.UTF8.GetString(buffer, 0, await client.ReceiveAsync(buffer));
        if (heard != "Hello world\n") { throw new InvalidDataException($"that is no line: '{heard}'"); }
    });
}
catch (SeedFailedException failed)
{
    Console.WriteLine($"seed {failed.Seed}: {failed.InnerException?.Message}");
}

static async Task TalkAsync(Action<SimulatedConnection> mishap)
{
    await using var net = new SimulatedNetwork(seed: 1);
    net.Connected += mishap;
    await using var server = await SocketServer.StartAsync("tcp://office:7000", Frames.Lines(), async (peer, ct) =>
    {
        await foreach (var line in peer.ReadAllAsync(ct)) { await peer.SendAsync(line, ct); }
    }, new() { Engine = net.Host("office") });
    await using var client = await Connector.ConnectAsync("tcp://office:7000", Frames.Lines(), new() { Engine = net.Host("home") });
    try
    {
        await client.SendAsync("anybody there?"u8.ToArray());
        await foreach (var reply in client.ReadAllAsync())
        {
            await Task.Delay(TimeSpan.FromMinutes(5), net.Time);
            await client.CompleteOutputAsync();
        }
    }
    catch (ConnectionException problem)
    {
        net.Trace.Note($"what the client's program got: {problem.Message}");
    }
    Console.WriteLine(net.Trace);
}
