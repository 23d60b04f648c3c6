using System.Net.Sockets;

namespace Zocalo.Contract.Claims;

/// <summary>A listener makes connections, one for each client, and loses none.</summary>
public sealed class ListeningClaims
{
    [Claim]
    public async Task Port_0_becomes_a_free_port(Transport transport)
    {
        await using var site = transport.NewSite();
        var asked = site.NewAddress();
        var (one, other) = (await site.ListenAsync(at: asked), await site.ListenAsync());
        Assert.NotEqual(one.LocalAddress, other.LocalAddress);
        if (transport.Has(Divergence.NoPorts))
        {
            Assert.Equal(asked, one.LocalAddress);
        }
        else
        {
            Assert.Equal(0, Assert.IsType<TcpAddress>(asked).Port);
            Assert.NotEqual(0, Assert.IsType<TcpAddress>(one.LocalAddress).Port);
        }
    }

    [Claim]
    public async Task An_address_in_use_is_refused(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var error = await Assert.ThrowsAsync<NetworkException>(() => site.ListenAsync(at: listener.LocalAddress));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketError);
        Assert.Equal(listener.LocalAddress, error.Address);
        Assert.Contains("in use", error.Message, StringComparison.Ordinal);
        if (!OperatingSystem.IsLinux() && transport.Has(Divergence.NobodyThereIsNoSuchFile) && transport.Has(Divergence.AbortIsSeenAsFin))
        {
            await (await site.AcceptAsync(listener)).HearTheEndAsync();     // there, whether a path is alive is asked by connecting
        }
        var (client, server) = await site.PairAsync(listener);          // the first is unharmed
        await client.SayAsync("unharmed");
        await server.HearAsync("unharmed");
    }

    [Claim]
    public async Task An_address_is_free_again_at_once_though_connections_were_closed_from_it(Transport transport)
    {
        await using var site = transport.NewSite();
        var address = site.NewAddress();
        for (var time = 0; time < 5; time++)
        {
            var listener = await site.ListenAsync(at: address);
            address = listener.LocalAddress;        // the same port again
            var (client, server) = await site.PairAsync(listener);
            var closing = server.CloseAsync();      // who closes first keeps the port in TIME_WAIT
            await client.CloseAsync().InTime();
            await closing.InTime();
            await listener.DisposeAsync();
        }
    }

    [Claim]
    public async Task Clients_may_connect_and_talk_before_anybody_accepts(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var i = 0; i < 50; i++)
        {
            await (await site.ConnectAsync(listener.LocalAddress)).SayAsync($"client {i:D2}");
        }
        for (var i = 0; i < 50; i++)
        {
            await (await site.AcceptAsync(listener)).HearAsync($"client {i:D2}");
        }
    }

    [Claim]
    public async Task A_second_accept_is_refused_and_the_first_is_unharmed(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var first = site.AcceptAsync(listener);
        await Assert.ThrowsAsync<InvalidOperationException>(() => listener.AcceptAsync().InTime());
        var client = await site.ConnectAsync(listener.LocalAddress);
        await client.SayAsync("for the first");
        await (await first).HearAsync("for the first");
    }

    [Claim]
    public async Task A_cancelled_accept_loses_no_connection(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => listener.AcceptAsync(new CancellationToken(canceled: true)).InTime());
        using var source = new CancellationTokenSource();
        var accepting = listener.AcceptAsync(source.Token);
        await source.FireAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => accepting.InTime());
        var client = await site.ConnectAsync(listener.LocalAddress);
        await client.SayAsync("for the next");
        await (await site.AcceptAsync(listener)).HearAsync("for the next");
    }

    [Claim]
    public async Task Accepts_that_race_with_their_cancellation_lose_no_connection(Transport transport)
    {
        var chance = Chance.New();
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        for (var i = 0; i < (Thorough.IsOn ? 200 : 60); i++)
        {
            var spin = chance.Next(3000);
            using var source = new CancellationTokenSource();
            var accepting = listener.AcceptAsync(source.Token);
            var connecting = Beside.Run(() => site.ConnectAsync(listener.LocalAddress));
            Thread.SpinWait(spin);
            await source.FireAsync();
            Connection server;
            try
            {
                server = await accepting.InTime();
            }
            catch (OperationCanceledException)
            {
                server = await site.AcceptAsync(listener);
            }
            var client = await connecting.InTime();
            await client.SayAsync($"client {i}");
            await server.HearAsync($"client {i}");
            await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
        }
    }

    [Claim]
    public async Task Disposing_a_listener_ends_the_accept_that_waits_and_refuses_the_next(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var accepting = listener.AcceptAsync();
        await listener.DisposeAsync().InTime();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.InTime());
        await Assert.ThrowsAsync<ObjectDisposedException>(() => listener.AcceptAsync().InTime());
        await listener.DisposeAsync().InTime();
    }

    [Claim]
    public async Task Accepted_connections_outlive_their_listener(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var (client, server) = await site.PairAsync(listener);
        await listener.DisposeAsync().InTime();
        await client.SayAsync("still here");
        await server.HearAsync("still here");
    }

    [Claim]
    public async Task Clients_in_the_backlog_of_a_listener_that_closes_are_reset(Transport transport)
    {
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync();
        var client = await site.ConnectAsync(listener.LocalAddress);
        await client.SayAsync("anybody?");
        var waiting = client.Input.ReadAsync().AsTask();
        await listener.DisposeAsync().InTime();
        Assert.Equal(EndReason.Reset, (await Assert.ThrowsAsync<ConnectionException>(() => waiting.InTime())).Reason);
    }
}
