using System.Net;
using System.Net.Sockets;

namespace Zocalo.Contract.Claims;

/// <summary>A connect succeeds, or says in one line what is wrong and what to do.</summary>
public sealed class ConnectingClaims
{
    [Claim]
    public async Task An_address_that_nobody_listens_on_refuses(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var nobody = listener.LocalAddress;
        await listener.DisposeAsync();
        var error = await FailsAsync(nobody, new() { Engine = site.Engine });
        Assert.True(
            error.SocketError == SocketError.ConnectionRefused
                || (transport.Has(Divergence.NobodyThereIsNoSuchFile) && error.SocketError == SocketError.AddressNotAvailable),
            $"{error.SocketError}");
        Assert.Contains("start the server", error.Message, StringComparison.Ordinal);
    }

    [Claim]
    public async Task A_path_at_which_there_is_nothing_is_told_from_one_that_refuses(Transport transport)
    {
        await using var site = transport.NewSite();
        var error = await FailsAsync("unix:/no/such/directory/socket", new() { Engine = site.Engine });
        Assert.Equal(SocketError.AddressNotAvailable, error.SocketError);
        Assert.Contains("there is no such socket", error.Message, StringComparison.Ordinal);
    }

    [Claim]
    public async Task A_name_that_does_not_resolve_is_told_so(Transport transport)
    {
        await using var site = transport.NewSite();
        var error = await FailsAsync("no-such-host.invalid:80", new() { Engine = new EngineDouble(site.Engine) });
        Assert.Equal(SocketError.HostNotFound, error.SocketError);
        Assert.Contains("does not resolve", error.Message, StringComparison.Ordinal);
    }

    [Claim]
    public async Task An_unreachable_network_or_host_is_told_so(Transport transport)
    {
        await using var site = transport.NewSite();
        foreach (var (unreachable, word)
            in new[] { (SocketError.NetworkUnreachable, "network is unreachable"), (SocketError.HostUnreachable, "host is unreachable") })
        {
            var engine = new EngineDouble(site.Engine) { Connect = (_, _) => Task.FromResult(unreachable) };
            var error = await FailsAsync("192.0.2.1:80", new() { Engine = engine });
            Assert.Equal(unreachable, error.SocketError);
            Assert.Contains(word, error.Message, StringComparison.Ordinal);
        }
    }

    [Claim]
    public async Task A_connect_that_nobody_answers_ends_by_its_deadline(Transport transport)
    {
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var engine = new EngineDouble(site.Engine) { Connect = EngineDouble.SilenceAsync };
        var connecting = Connector.ConnectAsync("192.0.2.1:80", new() { Engine = engine, Time = time, Timeout = TimeSpan.FromSeconds(10) });
        time.Advance(TimeSpan.FromSeconds(9.9));
        Assert.False(connecting.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(0.1));
        var error = await Assert.ThrowsAsync<TimeoutException>(() => connecting.InTime());
        Assert.Contains("192.0.2.1:80", error.Message, StringComparison.Ordinal);
    }

    [Claim]
    public async Task A_connect_is_cancelled_by_its_token_before_and_during(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var token = new CancellationToken(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => Connector.ConnectAsync(listener.LocalAddress, new() { Engine = site.Engine }, token).InTime());

        using var source = new CancellationTokenSource();
        var engine = new EngineDouble(site.Engine) { Connect = EngineDouble.SilenceAsync };
        var connecting = Connector.ConnectAsync("192.0.2.1:80", new() { Engine = engine }, source.Token);
        await source.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting.InTime());
    }

    [Claim]
    public async Task A_token_that_fires_after_the_connect_has_no_effect(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        using var source = new CancellationTokenSource();
        var accepting = site.AcceptAsync(listener);
        await using var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Engine = site.Engine }, source.Token).InTime();
        var server = await accepting;
        await source.FireAsync();
        await client.SayAsync("unharmed");
        await server.HearAsync("unharmed");
        _ = server.CloseAsync();
    }

    [Claim]
    public async Task The_addresses_of_a_name_are_tried_in_turn(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        if (listener.LocalAddress is not TcpAddress { Port: var port } address)
        {
            Assert.True(transport.Has(Divergence.NoPorts));         // no names either
            return;
        }
        var dead = IPAddress.Parse("127.0.0.77");
        var engine = new EngineDouble(site.Engine) { Resolve = _ => [dead, IPAddress.Parse(address.Host)] };
        var accepting = site.AcceptAsync(listener);
        await using var client = await Connector.ConnectAsync($"two.example:{port}", new() { Engine = engine }).InTime();
        Assert.Equal(listener.LocalAddress, client.RemoteAddress);
        _ = (await accepting).CloseAsync();
    }

    [Claim]
    public async Task Port_0_cannot_be_connected_to(Transport transport)
    {
        await using var site = transport.NewSite();
        await Assert.ThrowsAsync<AddressException>(() => Connector.ConnectAsync("127.0.0.1:0", new() { Engine = site.Engine }).InTime());
    }

    private static async Task<NetworkException> FailsAsync(Address address, ConnectOptions options)
    {
        var error = await Assert.ThrowsAsync<NetworkException>(() => Connector.ConnectAsync(address, options).InTime());
        Assert.Equal(address, error.Address);
        Assert.Contains($"{address}", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
        return error;
    }
}
