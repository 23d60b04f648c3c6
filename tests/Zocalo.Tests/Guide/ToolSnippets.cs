using Greetings;
using Zocalo.Testing;
using Zocalo.Tests.Testing;

namespace Zocalo.Tests.Guide;

/// <summary>What docs/testing.md shows of the plain tools. Unobserved exceptions are the whole process's: nothing runs beside
/// this.</summary>
[Collection<RunsAlone>]
public class ToolSnippets
{
    [Fact]
    public async Task A_clock_that_moves_when_told()
    {
        var time = new FakeTime();
        var hour = Task.Delay(TimeSpan.FromHours(1), time);
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(hour.IsCompleted);
        time.Advance(TimeSpan.FromMinutes(1));
        await hour;
    }

    [Fact]
    public async Task Two_connections_without_a_network()
    {
        var (client, server) = ConnectionPair.Create();
        var serving = Greeter.ServeAsync(server.AsFramed(Greeter.Lines), CancellationToken.None);
        var guest = client.AsFramed(Greeter.Client);
        Assert.Equal("hello Ana", await guest.RequestAsync("Ana"));
        await guest.CompleteOutputAsync();
        await serving;
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync());
    }

    [Fact]
    public async Task A_stream_that_does_what_streams_may_do()
    {
        var text = new MemoryStream("first\nsecond\n"u8.ToArray());
        using var reader = new StreamReader(new MisbehavingStream(text, MisbehavingStreamOptions.Harmless with { Seed = 7 }));
        Assert.Equal("first", await reader.ReadLineAsync());
        Assert.Equal("second", await reader.ReadLineAsync());
    }

    [Fact]
    public async Task A_stream_that_breaks_after_three_bytes()
    {
        var text = new MemoryStream("first\nsecond\n"u8.ToArray());
        using var reader = new StreamReader(new MisbehavingStream(text, new() { FailReadAfter = 3 }));
        await Assert.ThrowsAsync<IOException>(async () => await reader.ReadLineAsync());
    }

    [Fact]
    public async Task No_connection_is_dropped()
    {
        await using var leaks = new LeakCheck();
        await GreetAsync(new() { Logger = leaks }, new() { Logger = leaks });
    }

    [Fact]
    public async Task No_task_fails_unseen()
    {
        using var unobserved = new UnobservedExceptions();
        await GreetAsync(new(), new());
    }

    private static async Task GreetAsync(ServerOptions options, ConnectOptions connecting)
    {
        await using var server = await SocketServer.StartAsync("tcp://127.0.0.1:0", Greeter.Lines, Greeter.ServeAsync, options);
        await using var client = await Connector.ConnectAsync(server.LocalAddress, Greeter.Client, connecting);
        Assert.Equal("hello Ana", await client.RequestAsync("Ana"));
    }
}
