using System.Net.Sockets;
using Greetings;
using Zocalo.Testing;
using Zocalo.Tests.Testing;

namespace Zocalo.Tests.Guide;

/// <summary>What docs/testing.md shows of the simulated network.</summary>
public class TestingSnippets
{
    [Fact]
    public async Task A_request_without_an_answer_ends_after_five_minutes()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        await using var server = await SocketServer.StartAsync("tcp://b:7000", Greeter.Lines,
            (peer, ct) => Task.Delay(Timeout.InfiniteTimeSpan, net.Time, ct), new() { Engine = net.Host("b") });
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = net.Host("a") });

        var asked = net.Time.Elapsed;
        await Assert.ThrowsAsync<TimeoutException>(() => client.RequestAsync("Ana", timeout: TimeSpan.FromMinutes(5)));
        Assert.Equal(TimeSpan.FromMinutes(5), net.Time.Elapsed - asked);
    }

    [Fact]
    public async Task The_eighth_request_learns_of_the_reset()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        net.Connected += connection => connection.ToClient.AfterFrames(7, Frames.Lines(), connection.Reset);
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = net.Host("b") });
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = net.Host("a") });

        for (var i = 1; i <= 7; i++) { Assert.Equal("hello Ana", await client.RequestAsync("Ana")); }
        var problem = await Assert.ThrowsAsync<ConnectionException>(() => client.RequestAsync("Ana"));
        Assert.Equal(EndReason.Reset, problem.Reason);
    }

    [Fact]
    public Task Every_greeting_comes_or_the_connection_says_why() => Explore.Seeds(100, async net =>
    {
        net.Faults = FaultMix.Harmless.With(0.1, FaultKind.Reset, FaultKind.SilentDeath);
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = net.Host("b") });
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = net.Host("a") });
        try
        {
            for (var i = 1; i <= 20; i++) { Assert.Equal($"hello {i}", await client.RequestAsync($"{i}")); }
        }
        catch (ConnectionException problem) { Assert.Contains(problem.Reason, (EndReason[])[EndReason.Reset, EndReason.Unresponsive]); }
        catch (TimeoutException) { }      // a reply may be late; what comes must be right
    });

    [Fact]
    public async Task A_greeting_survives_a_partition()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var (a, b) = (net.Host("a"), net.Host("b"));
        net.Link(a, b).Options = new() { Latency = TimeSpan.FromMilliseconds(40), BytesPerSecond = 100_000, Loss = 0.01 };
        await using var server = await SocketServer.StartAsync("tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = b });
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = a });

        net.Partition(a, b);
        var greeting = client.RequestAsync("Ana");
        await Task.Delay(TimeSpan.FromSeconds(20), net.Time);
        Assert.False(greeting.IsCompleted);
        net.Heal(a, b);
        Assert.Equal("hello Ana", await greeting);
    }

    [Fact]
    public async Task A_client_that_calls_again_is_greeted_after_a_crash()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var (a, b) = (net.Host("a"), net.Host("b"));
        var server = await SocketServer.StartAsync("tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = b });
        await using (var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = a }))
        {
            b.Crash();
            await server.DisposeAsync();
            b.Restart();
            server = await SocketServer.StartAsync("tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = b });
            var problem = await Assert.ThrowsAsync<ConnectionException>(() => client.RequestAsync("Ana"));
            Assert.Equal(EndReason.Reset, problem.Reason);      // b knows nothing of this connection
        }
        await using (var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = a }))
        {
            Assert.Equal("hello Ana", await client.RequestAsync("Ana"));
        }
        await server.DisposeAsync();
    }

    [Fact]
    public async Task Without_a_descriptor_a_guest_waits_for_another_to_go()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        var (a, b) = (net.Host("a"), net.Host("b"));
        b.MaxDescriptors = 2;       // the listener, and one connection
        await using var server = await SocketServer.StartAsync("tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = b });
        await using var first = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = a });
        await using var second = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = a });

        Assert.Equal("hello Ana", await first.RequestAsync("Ana"));
        var greeting = second.RequestAsync("Eva");
        await Task.Delay(TimeSpan.FromSeconds(10), net.Time);
        Assert.False(greeting.IsCompleted);
        await first.CloseAsync();
        Assert.Equal("hello Eva", await greeting);
    }

    [Fact]
    public async Task An_accept_that_fails_costs_no_connection()
    {
        await using var net = new SimulatedNetwork(seed: 1);
        await using var server = await SocketServer.StartAsync(
            "tcp://b:7000", Greeter.Lines, Greeter.ServeAsync, new() { Engine = net.Host("b") });
        net.Host("b").FailAccepts(SocketError.TooManyOpenSockets, times: 3);
        await using var client = await Connector.ConnectAsync("tcp://b:7000", Greeter.Client, new() { Engine = net.Host("a") });
        Assert.Equal("hello Ana", await client.RequestAsync("Ana"));
    }

    [Fact]
    public async Task Who_leaves_is_named()
    {
        var escaped = await Assert.ThrowsAsync<EscapedException>(ComputeAsync);
        Assert.Contains(nameof(ComputeAsync), escaped.Message, StringComparison.Ordinal);

        static async Task ComputeAsync()
        {
            await using var net = new SimulatedNetwork(seed: 1);
            await Task.Run(() => 6 * 7);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_count_around_a_send_is_found_to_be_lost()
    {
        await Explore.Seeds(200, CountAsync, new() { YieldRatio = 0 });
        await Assert.ThrowsAsync<SeedFailedException>(() => Explore.Seeds(20, CountAsync));

        static async Task CountAsync(SimulatedNetwork net)
        {
            var count = 0;
            await using (await SocketServer.StartAsync("tcp://b:7000", ServeAsync, new() { Engine = net.Host("b") }))
            {
                await Task.WhenAll(TalkAsync(net.Host("a")), TalkAsync(net.Host("c")));
            }
            Assert.Equal(20, count);

            async Task ServeAsync(Connection connection, CancellationToken cancellationToken)
            {
                var buffer = new byte[1];
                while (await connection.ReceiveAsync(buffer, cancellationToken) > 0)
                {
                    var before = count;
                    await connection.SendAsync(buffer, cancellationToken);     // completes at once, nearly always
                    count = before + 1;
                }
            }
        }

        static async Task TalkAsync(SimulatedHost host)
        {
            await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = host });
            for (var i = 0; i < 10; i++)
            {
                await client.SendAsync(new byte[1]);
                await client.ReceiveAsync(new byte[1]);
            }
        }
    }
}
