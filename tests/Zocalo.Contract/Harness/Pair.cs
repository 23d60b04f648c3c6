namespace Zocalo.Contract.Harness;

/// <summary>The two ends of one connection, made through the public API. Disposing it closes both and asserts that both ended.</summary>
internal sealed class Pair : IAsyncDisposable
{
    private readonly Site _site;

    private Pair(Site site, Connection client, Connection server)
    {
        _site = site;
        Client = client;
        Server = server;
    }

    internal Connection Client { get; }

    internal Connection Server { get; }

    internal static async Task<Pair> OnAsync(Site site, ConnectionOptions? both, TimeProvider? time)
    {
        var listener = await site.ListenAsync(new() { Connection = both ?? ConnectionOptions.Default, Time = time });
        var (client, server) = await site.PairAsync(listener, both, time);
        await listener.DisposeAsync();
        return new(site, client, server);
    }

    /// <summary>
    /// The client cuts the connection so that the server is told of a reset on every row. A Unix socket tells of one only when bytes lay
    /// unread, so one does.
    /// </summary>
    internal async Task ResetByClientAsync()
    {
        await Server.SendAsync(new byte[1]).InTime();
        await DeliveredAsync(Server, 1);
        Client.Abort();
    }

    /// <inheritdoc cref="Site.DeliveredAsync"/>
    internal Task DeliveredAsync(Connection sender, long total) => _site.DeliveredAsync(sender, total);

    /// <summary>Waits until <paramref name="connection"/>'s kernel knows that the peer is gone.</summary>
    internal Task HungUpAsync(Connection connection) => Patience.UntilAsync(() => connection.HasHungUp());

    /// <summary>Each end says goodbye and waits for the other's.</summary>
    internal async Task<(ConnectionEnd Client, ConnectionEnd Server)> CloseAsync()
    {
        var ends = await Task.WhenAll(Client.CloseAsync(), Server.CloseAsync()).InTime();
        return (ends[0], ends[1]);
    }

    public ValueTask DisposeAsync() => _site.DisposeAsync();
}
