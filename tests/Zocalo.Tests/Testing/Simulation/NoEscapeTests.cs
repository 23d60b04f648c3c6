using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Simulation;

/// <summary>Ordinary asynchronous code stays in the simulation, and is not accused: over many seeds, because the order decides what is
/// waited for.</summary>
public class NoEscapeTests
{
    private static readonly ExploreOptions Few = new() { Parallelism = 2 };
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(1);

    [Fact(Timeout = Duo.Cap)]
    public Task Task_Yield_and_WhenAll_and_WhenAny() => Stays(async net =>
    {
        var some = Enumerable.Range(1, 5).Select(async i =>
        {
            await Task.Yield();
            await Task.Delay(i * Moment, net.Time);
            return i;
        }).ToArray();
        Assert.Equal(1, await await Task.WhenAny(some));
        var all = await Task.WhenAll(some);
        Assert.Equal([1, 2, 3, 4, 5], all);
    });

    [Fact(Timeout = Duo.Cap)]
    public Task SemaphoreSlim() => Stays(async net =>
    {
        using var semaphore = new SemaphoreSlim(1);
        var inside = 0;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async _ =>
        {
            await semaphore.WaitAsync();
            Assert.Equal(1, ++inside);
            await Task.Delay(Moment, net.Time);
            inside--;
            semaphore.Release();
        }));
    });

    [Theory(Timeout = Duo.Cap)]
    [InlineData(false)]
    [InlineData(true)]
    public Task Channel_of_T(bool bounded) => Stays(async net =>
    {
        var channel = bounded ? Channel.CreateBounded<int>(2) : Channel.CreateUnbounded<int>();
        var writing = WriteAsync();
        var sum = 0;
        while (await channel.Reader.WaitToReadAsync())
        {
            while (channel.Reader.TryRead(out var one))
            {
                sum += one;
            }
        }
        await writing;
        Assert.Equal(45, sum);

        async Task WriteAsync()
        {
            for (var i = 0; i < 10; i++)
            {
                await channel.Writer.WriteAsync(i);
                await Task.Delay((i % 2) * Moment, net.Time);
            }
            channel.Writer.Complete();
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public Task A_completion_source_that_runs_its_continuations_asynchronously() => Stays(async net =>
    {
        var signal = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = Enumerable.Range(0, 3).Select(async _ => await signal.Task).ToArray();
        await Task.Delay(Moment, net.Time);
        signal.SetResult(7);
        Assert.Equal(7, await signal.Task);
        foreach (var one in waiting)
        {
            Assert.Equal(7, await one);
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public Task An_async_stream() => Stays(async net =>
    {
        var sum = 0;
        await foreach (var one in CountAsync(net.Time))
        {
            await Task.Yield();
            sum += one;
        }
        Assert.Equal(45, sum);

        static async IAsyncEnumerable<int> CountAsync(TimeProvider time, [EnumeratorCancellation] CancellationToken cancel = default)
        {
            for (var i = 0; i < 10; i++)
            {
                await Task.Delay(Moment, time, cancel);
                yield return i;
            }
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public Task Timers_and_tokens_of_the_networks_time() => Stays(async net =>
    {
        using var cancel = new CancellationTokenSource(10 * Moment, net.Time);
        using var periodic = new PeriodicTimer(3 * Moment, net.Time);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var registration = cancel.Token.Register(cancelled.SetResult);
        while (!cancel.IsCancellationRequested)
        {
            await periodic.WaitForNextTickAsync();
        }
        await cancelled.Task;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.Delay(Timeout.InfiniteTimeSpan, net.Time, cancel.Token));
        await cancel.CancelAsync();
    });

    [Fact(Timeout = Duo.Cap)]
    public Task Readers_and_writers_over_the_connections_stream() => Stays(async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Split(3);
        await using var writer = new StreamWriter(duo.Client.AsStream(leaveOpen: true)) { AutoFlush = true };
        using var reader = new StreamReader(duo.Server.AsStream(leaveOpen: true));
        for (var i = 0; i < 3; i++)
        {
            var line = reader.ReadLineAsync();
            await writer.WriteLineAsync($"line {i}");
            Assert.Equal($"line {i}", await line);
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public Task Json_over_the_connections_stream() => Stays(async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        duo.Wire.ToServer.Split(3);
        var numbers = Enumerable.Range(0, 50).ToArray();
        var reading = JsonSerializer.DeserializeAsync<int[]>(duo.Server.AsStream()).AsTask();
        await JsonSerializer.SerializeAsync(duo.Client.AsStream(), numbers);
        await duo.Client.CompleteOutputAsync();
        Assert.Equal(numbers, await reading);
    });

    [Fact(Timeout = Duo.Cap)]
    public Task Copying_between_streams_and_pipes() => Stays(async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        var echoing = duo.Server.Input.CopyToAsync(duo.Server.Output);
        using var back = new MemoryStream();
        var copying = duo.Client.AsStream(leaveOpen: true).CopyToAsync(back);
        await duo.Client.SendAsync(new byte[100_000]);
        await duo.Client.CompleteOutputAsync();
        await echoing;
        await duo.Server.CompleteOutputAsync();
        await copying;
        Assert.Equal(100_000, back.Length);
    });

    [Fact(Timeout = Duo.Cap)]
    public Task A_server_whose_handler_does_all_of_it() => Stays(async net =>
    {
        await using var server = await SocketServer.StartAsync("tcp://b:7000", HandleAsync, new() { Engine = net.Host("b") });
        await Task.WhenAll(Enumerable.Range(0, 5).Select(async i =>
        {
            await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host($"a{i}") });
            Assert.Equal($"hello {i}", await EchoAsync(client, $"hello {i}"));
        }));

        async Task HandleAsync(Connection connection, CancellationToken ct)
        {
            await Task.Yield();
            await Task.Delay(Moment, net.Time, ct);
            await connection.Input.CopyToAsync(connection.Output, ct);
        }

        static async Task<string> EchoAsync(Connection client, string text)
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(text));
            return await Duo.Read(client, text.Length);
        }
    });

    [Fact(Timeout = Duo.Cap)]
    public Task The_tasks_that_the_library_hands_out_waited_for_with_a_limit() => Stays(async net =>
    {
        await using var duo = await Duo.JoinAsync(net);
        var waiting = duo.Server.Closed.WaitAsync(TimeSpan.FromSeconds(1), net.Time);
        var both = Task.WhenAll(duo.Client.Closed, duo.Server.Closed);
        var any = Task.WhenAny(duo.Client.Closed, duo.Server.Closed);
        var closing = duo.Server.CloseAsync();
        await duo.Client.CloseAsync().WaitAsync(TimeSpan.FromSeconds(1), net.Time);
        await closing;
        await waiting;
        await both;
        await any;
    });

    [Fact(Timeout = Duo.Cap)]
    public Task What_callbacks_of_the_network_begin() => Stays(async net =>
    {
        var done = new List<Task>();
        net.Connected += wire =>
        {
            done.Add(YieldAsync());
            wire.ToServer.AfterBytes(3, () => done.Add(YieldAsync()));
        };
        net.Host("c").Restarted += () => done.Add(YieldAsync());
        await using var duo = await Duo.JoinAsync(net);
        await Duo.Pass(duo.Client, duo.Server, "hello");
        net.Host("c").Crash();
        net.Host("c").Restart();
        await Task.Delay(10 * Moment, net.Time);
        await Task.WhenAll(done);
        Assert.Equal(3, done.Count);

        async Task YieldAsync()
        {
            await Task.Yield();
            await Task.Delay(Moment, net.Time);
            await Task.Yield();
        }
    });

    private static Task Stays(Func<SimulatedNetwork, Task> test, [CallerMemberName] string name = "") => Explore.Seeds(20, test, Few, name);
}
