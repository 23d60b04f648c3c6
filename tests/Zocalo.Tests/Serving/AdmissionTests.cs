using System.Net.Sockets;
using System.Threading.RateLimiting;
using Zocalo.Contract.Harness;
using Zocalo.Testing;

namespace Zocalo.Tests.Serving;

/// <summary>What a server says of those that it refuses, and rules that fail.</summary>
public sealed class AdmissionTests
{
    [Theory]
    [InlineData("127.0.0.0/8", null, false)]
    [InlineData(null, "127.0.0.0/8", true)]
    [InlineData("127.0.0.0/8", "127.0.0.1", false)]
    [InlineData("127.0.0.2", "127.0.0.1", true)]
    [InlineData(null, "10.0.0.0/8", false)]
    public async Task The_rules_decide_by_the_peers_address(string? deny, string? allow, bool isServed)
    {
        var admission = AdmissionOptions.Default with { Deny = deny is null ? [] : [deny], Allow = allow is null ? [] : [allow] };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", EchoAsync, new() { Admission = admission });
        Assert.Equal(isServed, await IsServedAsync(server));
        Assert.Equal(isServed ? 0 : 1, server.RefusedCount);
    }

    [Fact]
    public async Task A_rule_that_throws_refuses_that_peer_is_logged_and_accepting_goes_on()
    {
        var log = new ListLogger();
        var asked = 0;
        var admission = new AdmissionOptions
        {
            Admit = _ => Interlocked.Increment(ref asked) <= 2 ? throw new InvalidOperationException("no database") : new Nothing(),
        };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", EchoAsync, new() { Admission = admission, Logger = log });
        for (var i = 0; i < 2; i++)
        {
            Assert.False(await IsServedAsync(server));
        }
        Assert.True(await IsServedAsync(server));
        Assert.Equal(2, log.Lines.Count(line => line.EndsWith("own rule (AdmissionOptions.Admit) threw.", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_peer_that_the_programs_own_rule_refuses_does_not_count_for_its_address_and_one_that_has_left_no_more()
    {
        var asked = 0;
        var leases = new List<Nothing>();
        var admission = new AdmissionOptions { PerAddress = 1, Admit = _ => ++asked <= 2 ? null : Lend() };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", EchoAsync, new() { Admission = admission });
        Assert.False(await IsServedAsync(server));
        Assert.False(await IsServedAsync(server));
        for (var i = 1; i <= 2; i++)
        {
            Assert.True(await IsServedAsync(server));
            await Patience.UntilAsync(() => leases.Count == i && leases[^1].IsDisposed);      // by both: the rule's own is the last
        }
        Assert.Equal((2, 4), (server.RefusedCount, asked));

        Nothing Lend()
        {
            leases.Add(new Nothing());
            return leases[^1];
        }
    }

    [Fact]
    public async Task A_lease_that_throws_is_logged_and_its_connection_ends_as_ever()
    {
        var log = new ListLogger();
        var server = await SocketServer.StartAsync(
            "127.0.0.1:0", EchoAsync, new() { Admission = new() { Admit = _ => new Failing() }, Logger = log });
        var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
        Assert.True(await IsServedAsync(client));
        Assert.Equal(EndReason.Completed, (await client.CloseAsync().InTime()).Reason);
        await server.StopAsync().InTime();
        Assert.Equal(0, server.ConnectionCount);
        Assert.Single(log.Lines, line => line.StartsWith("A lease that AdmissionOptions.Admit gave threw", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_first_refusals_are_logged_with_their_reason_and_the_rest_is_counted()
    {
        var log = new ListLogger();
        var time = new FakeTime();
        var server = await SocketServer.StartAsync(
            "127.0.0.1:0", EchoAsync, new() { Admission = new() { Deny = ["127.0.0.1"] }, Logger = log, Time = time });
        for (var i = 0; i < 8; i++)
        {
            Assert.False(await IsServedAsync(server));
        }
        Assert.Equal(5, log.Lines.Count(IsRefusal));
        time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(await IsServedAsync(server));
        Assert.Equal(6, log.Lines.Count(IsRefusal));
        Assert.Single(log.Lines, "3 more peers were refused that were not told one by one, 9 in all.");
        await server.StopAsync().InTime();

        static bool IsRefusal(string line) =>
            line.StartsWith("Refused tcp://127.0.0.1:", StringComparison.Ordinal)
            && line.EndsWith(": the access rules do not let it in.", StringComparison.Ordinal);
    }

    /// <summary>What the shape of the delegate is for: a lease of a limiter is what it returns.</summary>
    [Fact]
    public async Task A_limiter_of_the_framework_is_a_rule()
    {
        using var limiter = PartitionedRateLimiter.Create<Address, string>(peer => RateLimitPartition.GetConcurrencyLimiter(
            ((TcpAddress)peer).Host, _ => new ConcurrencyLimiterOptions { PermitLimit = 2, QueueLimit = 0 }));
        var admission = new AdmissionOptions { Admit = peer => limiter.AttemptAcquire(peer) is { IsAcquired: true } lease ? lease : null };
        await using var server = await SocketServer.StartAsync("127.0.0.1:0", EchoAsync, new() { Admission = admission });
        var first = await Connector.ConnectAsync(server.LocalAddress).InTime();
        await using var second = await Connector.ConnectAsync(server.LocalAddress).InTime();
        Assert.True(await IsServedAsync(first) && await IsServedAsync(second));
        Assert.False(await IsServedAsync(server));
        await first.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 1);
        Assert.True(await IsServedAsync(server));
    }

    /// <summary>Peers that are told and do not hang up take no more than so many descriptors, for no longer than a second.</summary>
    [Fact]
    public async Task Peers_that_do_not_hang_up_after_the_last_words_are_cut_and_more_than_a_few_are_reset_at_once()
    {
        var time = new FakeTime();
        var server = await SocketServer.StartAsync(
            "127.0.0.1:0",
            EchoAsync,
            new() { Admission = new() { Deny = ["127.0.0.1"], LastWords = "go away"u8.ToArray() }, Time = time });
        var told = new List<Connection>();
        for (var i = 0; i < 16; i++)
        {
            told.Add(await Connector.ConnectAsync(server.LocalAddress).InTime());
            Assert.Equal(7, await told[i].ReceiveAsync(new byte[100]).InTime());
        }
        for (var i = 0; i < 4; i++)
        {
            Assert.False(await IsServedAsync(server));
        }
        Assert.Equal(20, server.RefusedCount);
        var stopping = server.StopAsync();
        await Patience.UntilAsync(() => stopping.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromMilliseconds(100)));
        await stopping;
        await Task.WhenAll(told.Select(client => client.CloseAsync())).InTime();
    }

    [Fact]
    public async Task A_network_in_a_box_has_rules_too()
    {
        await Explore.Seeds(1, async network =>
        {
            var (good, bad, host) = (network.Host("good"), network.Host("bad"), network.Host("server"));
            var server = await SocketServer.StartAsync("*:80", EchoAsync, new()
            {
                Engine = host,
                Admission = new() { Deny = [bad.Address.ToString()], AcceptRate = 1, AcceptBurst = 1 },
            });
            var refused = await Connector.ConnectAsync("server:80", new() { Engine = bad });
            Assert.False(await IsServedAsync(refused));
            var began = network.Time.GetTimestamp();
            var client = await Connector.ConnectAsync("server:80", new() { Engine = good });
            Assert.True(await IsServedAsync(client));
            Assert.InRange(network.Time.GetElapsedTime(began), TimeSpan.FromSeconds(0.5), TimeSpan.FromSeconds(2));
            await Task.WhenAll(refused.CloseAsync(), client.CloseAsync());
            await server.StopAsync();
        });
    }

    /// <summary>A new client's; a refusal may come before its connect has ended.</summary>
    private static async Task<bool> IsServedAsync(SocketServer server)
    {
        try
        {
            await using var client = await Connector.ConnectAsync(server.LocalAddress).InTime();
            return await IsServedAsync(client);
        }
        catch (NetworkException cut) when (cut.SocketError is SocketError.ConnectionReset or SocketError.NotConnected)
        {
            return false;
        }
    }

    private static async Task<bool> IsServedAsync(Connection client)
    {
        try
        {
            await client.SendAsync("hello"u8.ToArray()).InTime();
            var answer = new byte[5];
            return await client.ReceiveAsync(answer).InTime() > 0;
        }
        catch (ConnectionException)
        {
            return false;
        }
    }

    private static Task EchoAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.Input.CopyToAsync(connection.Output, cancellationToken);

    private sealed class Nothing : IDisposable
    {
        internal bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }

    private sealed class Failing : IDisposable
    {
        public void Dispose() => throw new InvalidOperationException("it is full");
    }
}
