namespace Zocalo.Tests.Engines.Loops.Takeover;

/// <summary>A handler that blocks in a wait for its own connection. Nobody else could complete what it waits for, unless another thread
/// takes the loop over.</summary>
public sealed class SynchronousWaitTests
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    /// <summary>How the handler comes to run, and whether it has the loop's context then.</summary>
    public static TheoryData<string, bool, bool> TakenOver => new()
    {
        { "threads", false, false },
        { "threads", false, true },
        { "epoll", true, false },
        { "epoll", true, true },
    };

    public static TheoryData<string, bool> NotTakenOver => new()
    {
        { "select", false },
        { "select", true },
        { "epoll", false },
        { "epoll", true },
    };

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(TakenOver))]
    public async Task A_handler_may_wait_synchronously_where_its_loop_is_taken_over(string name, bool rescue, bool withoutContext)
    {
        var engine = LoopEngines.Make(name, rescue: rescue);
        await using var server = await LoopEngines.ServeAsync(engine, (connection, _) => BlockAsync(connection, withoutContext));
        using var client = LoopEngines.Connect(server.LocalAddress);
        await LoopEngines.RunAsync(() =>
        {
            Assert.Equal([0], LoopEngines.Receive(client, 1));
            client.Send([1]);
            Assert.Equal([1], LoopEngines.Receive(client, 1));
            client.Send([2]);       // what the handler waits for, blocking
            Assert.Equal([2], LoopEngines.Receive(client, 1));
        });
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(NotTakenOver))]
    public async Task A_handler_is_told_what_to_do_where_waiting_synchronously_would_hang(string name, bool withoutContext)
    {
        var failure = new TaskCompletionSource<Exception>(TaskCreationOptions.RunContinuationsAsynchronously);
        var engine = LoopEngines.Make(name, rescue: false);
        await using var server = await LoopEngines.ServeAsync(engine, async (connection, _) =>
        {
            try
            {
                await BlockAsync(connection, withoutContext);
            }
            catch (InvalidOperationException error)
            {
                failure.TrySetResult(error);
            }
        });
        using var client = LoopEngines.Connect(server.LocalAddress);
        LoopEngines.Receive(client, 1);
        client.Send([1]);
        var told = await failure.Task.WaitAsync(Cap);
        Assert.Contains("Await instead of blocking", told.Message, StringComparison.Ordinal);
        Assert.Contains("HandlerPlacement.Pool", told.Message, StringComparison.Ordinal);
        client.Dispose();
        using var next = LoopEngines.Connect(server.LocalAddress);       // the loop lives
        Assert.Equal([0], LoopEngines.Receive(next, 1));
    }

    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    public async Task A_program_may_wait_synchronously_for_its_client_on_threads()
    {
        var engine = LoopEngines.Make("threads");
        await using var server = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync);
        var program = Task.Run(async () =>
        {
            var connection = await Connector.ConnectAsync(server.LocalAddress, new ConnectOptions { Engine = engine });
            await connection.SendAsync(new byte[] { 1 });
            await connection.ReceiveAsync(new byte[1]);         // goes on wherever the engine says
            await connection.SendAsync(new byte[] { 2 });
            var answered = connection.ReceiveAsync(new byte[1]).AsTask().Wait(Cap);
            connection.Abort();
            return answered;
        });
        Assert.True(await program.WaitAsync(Cap + Cap), "the wait was not answered: the connection's thread waits in it");
    }

    private static async Task BlockAsync(Connection connection, bool withoutContext)
    {
        var bytes = new byte[1];
        var first = connection.ReceiveAsync(bytes);     // waits: the client speaks after the greeting
        await connection.SendAsync(new byte[] { 0 });
        await first.ConfigureAwait(!withoutContext);
        connection.SendAsync(bytes).AsTask().GetAwaiter().GetResult();
        var received = connection.ReceiveAsync(bytes).AsTask();
        received.Wait();
        connection.SendAsync(bytes).AsTask().Wait();
    }
}
