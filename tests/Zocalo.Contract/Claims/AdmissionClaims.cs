using System.Net.Sockets;

namespace Zocalo.Contract.Claims;

/// <summary>Who is not admitted gets no handler, is told, and costs nobody else anything.</summary>
public sealed class AdmissionClaims
{
    [Claim]
    public async Task A_refused_peer_is_cut_without_a_handler_and_counted(Transport transport)
    {
        var handled = 0;
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            (_, _) =>
            {
                Interlocked.Increment(ref handled);
                return Task.CompletedTask;
            },
            new() { Admission = new() { Admit = static _ => null } });
        for (var i = 1; i <= 3; i++)
        {
            await IsRefusedAsync(transport, site, server.LocalAddress);
            await Patience.UntilAsync(() => server.RefusedCount == i);
        }
        Assert.Equal((0, 0), (handled, server.ConnectionCount));
    }

    [Claim]
    public async Task Last_words_come_whole_and_behind_them_the_end_though_the_peer_has_said_something(Transport transport)
    {
        var words = Enumerable.Range(0, 1024).Select(i => (byte)i).ToArray();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(
            EchoAsync, new() { Admission = new() { Admit = static _ => null, LastWords = words } });
        for (var i = 0; i < 3; i++)
        {
            var client = await site.ConnectAsync(server);
            await Record.ExceptionAsync(() => client.SayAsync("hello").AsTask());
            Assert.Equal(words, await client.TakeAllAsync());
            Assert.NotEqual(EndReason.Reset, (await client.CloseAsync().InTime()).Reason);
        }
        Assert.Equal(3, server.RefusedCount);
    }

    [Claim]
    public async Task A_lease_is_disposed_once_when_its_connection_has_ended_and_the_handler_has_returned(Transport transport)
    {
        var leases = new List<Lease>();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync, new() { Admission = new() { Admit = Admit } });
        var clients = new List<Connection>();
        for (var i = 0; i < 4; i++)
        {
            var client = await site.ConnectAsync(server);
            await client.SayAsync("a");
            await client.HearAsync("a");
            clients.Add(client);
        }
        Assert.All(leases, lease => Assert.Equal(0, lease.Disposed));
        await clients[0].CloseAsync().InTime();
        clients[1].Abort();
        await Patience.UntilAsync(() => leases[0].Disposed + leases[1].Disposed == 2);
        Assert.All(leases[2..], lease => Assert.Equal(0, lease.Disposed));
        var stopping = server.StopAsync();
        foreach (var client in clients[2..])
        {
            await client.HearTheEndAsync();
            await client.CloseAsync().InTime();
        }
        await stopping.InTime();
        Assert.All(leases, lease => Assert.Equal(1, lease.Disposed));
        Assert.Equal((4, 0), (leases.Count, server.RefusedCount));

        Lease Admit(Address peer)
        {
            var lease = new Lease();
            lock (leases)
            {
                leases.Add(lease);
            }
            return lease;
        }
    }

    [Claim]
    public async Task One_address_has_so_many_connections_and_one_more_when_one_has_ended(Transport transport)
    {
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync, new() { Admission = new() { PerAddress = 2 } });
        var first = await ServedClientAsync(site, server.LocalAddress);
        await ServedClientAsync(site, server.LocalAddress);
        if (transport.Has(Divergence.NoPorts))
        {
            await ServedClientAsync(site, server.LocalAddress);     // Unix peers are not counted
            return;
        }
        await IsRefusedAsync(transport, site, server.LocalAddress);
        Assert.Equal(1, server.RefusedCount);
        await first.CloseAsync().InTime();
        await Patience.UntilAsync(() => server.ConnectionCount == 1);
        await ServedClientAsync(site, server.LocalAddress);
        await IsRefusedAsync(transport, site, server.LocalAddress);
        Assert.Equal(2, server.RefusedCount);
    }

    [Claim]
    public async Task A_listener_by_hand_gives_out_whom_it_admits_and_disposes_of_their_leases(Transport transport)
    {
        var lease = new Lease();
        var asked = 0;
        await using var site = transport.NewSite();
        var listener = await site.ListenAsync(new()
        {
            Admission = new() { Admit = _ => Interlocked.Increment(ref asked) == 1 ? null : lease },
        });
        var accepting = listener.AcceptAsync();
        await IsRefusedAsync(transport, site, listener.LocalAddress);
        Assert.False(accepting.IsCompleted);
        var client = await site.ConnectAsync(listener.LocalAddress);
        var server = await accepting.InTime();
        await client.SayAsync("hello");
        await server.HearAsync("hello");
        Assert.Equal((1, 0), (listener.RefusedCount, lease.Disposed));
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).InTime();
        await Patience.UntilAsync(() => lease.Disposed == 1);
    }

    [Claim]
    public async Task What_comes_faster_than_the_rate_waits_and_is_served(Transport transport)
    {
        var time = new FakeTime();
        await using var site = transport.NewSite();
        var server = await site.ServeAsync(EchoAsync, new() { Time = time, Admission = new() { AcceptRate = 1, AcceptBurst = 2 } });
        await ServedClientAsync(site, server.LocalAddress);
        await ServedClientAsync(site, server.LocalAddress);
        var waiting = await site.ConnectAsync(server);
        await waiting.SayAsync("hello");
        var heard = waiting.HearAsync("hello");
        time.Advance(TimeSpan.FromMilliseconds(999));
        Assert.Equal(2, server.ConnectionCount);
        Assert.False(heard.IsCompleted);
        await Patience.UntilAsync(() => heard.IsCompleted, meanwhile: () => time.Advance(TimeSpan.FromMilliseconds(1)));
        await heard;
        Assert.Equal(0, server.RefusedCount);
    }

    /// <summary>A client hears the end, and nothing before it. It may come before its connect has ended.</summary>
    private static async Task IsRefusedAsync(Transport transport, Site site, Address server)
    {
        Connection client;
        try
        {
            client = await site.ConnectAsync(server);
        }
        catch (NetworkException cut) when (cut.SocketError == SocketError.ConnectionReset)
        {
            return;
        }
        if (transport.Has(Divergence.AbortIsSeenAsFin))
        {
            await client.HearTheEndAsync();
            return;
        }
        var error = await Assert.ThrowsAsync<ConnectionException>(() => client.ReceiveAsync(new byte[1]).AsTask().InTime());
        Assert.Equal(EndReason.Reset, error.Reason);
    }

    internal static async Task<Connection> ServedClientAsync(Site site, Address server)
    {
        var client = await site.ConnectAsync(server);
        await client.SayAsync("a");
        await client.HearAsync("a");
        return client;
    }

    internal static Task EchoAsync(Connection connection, CancellationToken cancellationToken) =>
        connection.Input.CopyToAsync(connection.Output, cancellationToken);

    private sealed class Lease : IDisposable
    {
        private int _disposed;

        internal int Disposed => Volatile.Read(ref _disposed);

        public void Dispose() => Interlocked.Increment(ref _disposed);
    }
}
