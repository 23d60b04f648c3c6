using Zocalo;

await TryAsync("async", new());
await TryAsync("threads", new());
await TryAsync("select", new() { Loops = 1 });
await TryAsync("select", new() { Loops = 1 }, HandlerPlacement.Pool);
await TryAsync("epoll", new() { Loops = 1, Rescue = false });
await TryAsync("epoll", new() { Loops = 1, Rescue = false }, HandlerPlacement.Pool);
await TryAsync("epoll", new() { Loops = 1 });

static async Task TryAsync(string name, EngineOptions options, HandlerPlacement placement = HandlerPlacement.Engine)
{
    if (!Engine.TryCreate(name, options, out var engine, out var reason))
    {
        Console.WriteLine($"{name,-35}{reason}");
        return;
    }
    var blocks = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    using var secondWasHere = new ManualResetEventSlim();
    var (asked, wasServed) = (0, false);
    await using (
        var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", ServeAsync, new() { Engine = engine, Placement = placement }))
    {
        await using var first = await Connector.ConnectAsync(server.LocalAddress);
        await first.SendAsync("1"u8.ToArray());
        await blocks.Task;
        await using var second = await Connector.ConnectAsync(server.LocalAddress);
        await second.SendAsync("2"u8.ToArray());
        await second.CloseAsync();
        await first.CloseAsync();
    }
    var how = $"{name}{(placement == HandlerPlacement.Pool ? ", handlers on the pool" : options.Rescue ? "" : ", no rescue")}";
    Console.WriteLine($"{how,-35}the second client {(wasServed ? "is served" : "waits")}");

    async Task ServeAsync(Connection connection, CancellationToken ct)
    {
        await connection.Input.ReadAsync(ct);
        if (Interlocked.Increment(ref asked) == 1)
        {
            blocks.SetResult();
            wasServed = secondWasHere.Wait(TimeSpan.FromSeconds(2), ct);     // no await: this blocks its thread, on every engine
        }
        else
        {
            secondWasHere.Set();
        }
    }
}
