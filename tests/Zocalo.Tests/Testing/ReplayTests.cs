using Zocalo.Testing;

namespace Zocalo.Tests.Testing;

/// <summary>The same seed is the same story, to the byte.</summary>
public class ReplayTests
{
    [Fact(Timeout = 2 * Duo.Cap)]
    public async Task The_same_seed_gives_the_same_trace_with_all_faults_and_many_connections()
    {
        for (var seed = 1UL; seed <= 20; seed++)
        {
            var first = await TellAsync(seed);
            var second = await TellAsync(seed);
            Assert.Equal(first.Text, second.Text);
            Assert.Equal(first.Digest, second.Digest);
            Assert.Contains("#12 ", first.Text, StringComparison.Ordinal);
        }
    }

    [Fact(Timeout = 2 * Duo.Cap)]
    public async Task It_does_so_beside_others_that_run_at_the_same_time()
    {
        var alone = await TellAsync(3);
        var together = await Task.WhenAll(Enumerable.Range(1, 6).Select(seed => Task.Run(() => TellAsync((ulong)seed))));
        Assert.Equal(alone, together[2]);
        Assert.Equal(6, together.Select(story => story.Digest).Distinct().Count());
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connections_faults_do_not_depend_on_how_many_others_there_are()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var few = await FaultsAsync(seed, 2);
            var many = await FaultsAsync(seed, 12);
            Assert.Equal(few["#1"], many["#1"]);
            Assert.Equal(few["#2"], many["#2"]);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connections_faults_do_not_depend_on_a_fault_of_the_others()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var calm = await FaultsAsync(seed, 5);
            var stormy = await FaultsAsync(seed, 5, resetFirst: true);
            Assert.Equal(calm["#5"], stormy["#5"]);
        }
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task A_connections_faults_do_not_depend_on_what_lets_others_go_first()
    {
        for (var seed = 1UL; seed <= 10; seed++)
        {
            var never = await FaultsAsync(seed, 5);
            var always = await FaultsAsync(seed, 5, yieldRatio: 1);
            Assert.Equal(never, always);
        }
    }

    /// <summary>What was drawn for each connection: clients on hosts of their own, one after the other.</summary>
    private static async Task<Dictionary<string, string>> FaultsAsync(
        ulong seed, int clients, bool resetFirst = false, double yieldRatio = 0)
    {
        await using var net = new SimulatedNetwork(seed) { Faults = FaultMix.Harmless, YieldRatio = yieldRatio };
        await using var listener = await Listener.ListenAsync("*:7000", new() { Engine = net.Host("b") });
        net.Connected += wire =>
        {
            if (resetFirst && wire.Number == 1)
            {
                wire.Reset();
            }
        };
        for (var i = 0; i < clients; i++)
        {
            var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host($"a{i}") });
            var server = await listener.AcceptAsync();
            await Record.ExceptionAsync(() => Duo.Pass(client, server, "hello"));
            client.Abort();
            server.Abort();
        }
        await Task.Delay(TimeSpan.FromMinutes(1), net.Time);        // some faults come late
        return net.Trace.ToString().Split('\n')
            .Where(line => line.Contains(" fault: towards", StringComparison.Ordinal))
            .Select(line => line[(line.IndexOf('#', StringComparison.Ordinal))..])
            .GroupBy(line => line.Split(' ')[0])
            .ToDictionary(group => group.Key, group => string.Join('\n', group))
            .Concat(Enumerable.Range(1, clients).Select(number => KeyValuePair.Create($"#{number}", "")))
            .GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.First().Value);
    }

    private static async Task<(string Text, string Digest)> TellAsync(ulong seed)
    {
        await using var net = new SimulatedNetwork(seed) { Faults = FaultMix.All, YieldRatio = 0.2 };
        var b = net.Host("b");
        var server = await StartAsync();
        b.Restarted += async () => server = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 20).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20 * i), net.Time);
            try
            {
                await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host($"a{i % 4}") });
                for (var round = 0; round < 5; round++)
                {
                    await client.SendAsync(new byte[500 * round]);
                    await Duo.Read(client, 500 * round);
                }
            }
            catch (IOException)
            {
                // of a fault
            }
            catch (TimeoutException)
            {
                // of a fault
            }
        }));
        await Task.Delay(TimeSpan.FromMinutes(5), net.Time);
        await server.DisposeAsync();
        return (net.Trace.ToString(), net.Trace.Digest);

        Task<SocketServer> StartAsync() =>
            SocketServer.StartAsync(
                "*:7000", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct), new() { Engine = b });
    }
}
