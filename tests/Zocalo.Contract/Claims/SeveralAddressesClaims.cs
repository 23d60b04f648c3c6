namespace Zocalo.Contract.Claims;

/// <summary>One server on several addresses: its limits hold for all together, and so does its stop.</summary>
public sealed class SeveralAddressesClaims
{
    [Claim]
    public async Task Clients_of_each_address_are_served_and_a_stop_drains_them_all(Transport transport)
    {
        await using var site = transport.NewSite();
        await using var server = await StartAsync(site, 3);
        Assert.Equal(server.LocalAddress, server.LocalAddresses[0]);
        Assert.Equal(3, server.LocalAddresses.Distinct().Count());
        var clients = new List<Connection>();
        foreach (var address in server.LocalAddresses)
        {
            clients.Add(await AdmissionClaims.ServedClientAsync(site, address));
        }
        Assert.Equal(3, server.ConnectionCount);
        var stopping = server.StopAsync();
        foreach (var client in clients)
        {
            await client.HearTheEndAsync();
            await client.CloseAsync().InTime();
        }
        await stopping.InTime();
        Assert.Equal(0, server.AbortedCount);
        foreach (var address in server.LocalAddresses)
        {
            await Assert.ThrowsAsync<NetworkException>(() => site.ConnectAsync(address));
        }
    }

    [Claim]
    public async Task The_limit_on_connections_is_over_all_addresses(Transport transport)
    {
        await using var site = transport.NewSite();
        await using var server = await StartAsync(site, 2, new() { MaxConnections = 1 });
        var first = await AdmissionClaims.ServedClientAsync(site, server.LocalAddresses[0]);
        var second = await site.ConnectAsync(server.LocalAddresses[1]);
        await second.SayAsync("and me?");
        var heard = second.HearAsync("and me?");
        await first.SayAsync("still me");
        await first.HearAsync("still me");
        Assert.False(heard.IsCompleted);
        Assert.Equal(1, server.ConnectionCount);
        await first.CloseAsync().InTime();
        await heard;
        await second.CloseAsync().InTime();
    }

    [Claim]
    public async Task All_addresses_are_bound_or_none(Transport transport)
    {
        await using var site = transport.NewSite();
        var taken = await site.ListenAsync();
        var free = await site.ListenAsync();
        var address = free.LocalAddress;
        await free.DisposeAsync();
        Address[] both = [address, taken.LocalAddress];
        var error = await Assert.ThrowsAsync<NetworkException>(
            () => SocketServer.StartAsync(both, AdmissionClaims.EchoAsync, new() { Engine = site.Engine }).InTime());
        Assert.Equal(taken.LocalAddress, error.Address);
        var again = await site.ServeAsync(AdmissionClaims.EchoAsync, at: address);      // the first one was given back
        await AdmissionClaims.ServedClientAsync(site, again.LocalAddress);
    }

    [Claim]
    public async Task Without_an_address_there_is_no_server(Transport transport)
    {
        await using var site = transport.NewSite();
        var options = new ServerOptions { Engine = site.Engine };
        await Assert.ThrowsAsync<ArgumentException>(() => SocketServer.StartAsync([], AdmissionClaims.EchoAsync, options));
    }

    private static async Task<SocketServer> StartAsync(Site site, int addresses, ServerOptions? options = null) =>
        await SocketServer.StartAsync(
            [.. Enumerable.Range(0, addresses).Select(_ => site.NewAddress())],
            AdmissionClaims.EchoAsync,
            (options ?? ServerOptions.Default) with { Engine = site.Engine }).InTime();
}
