namespace Zocalo.Contract.Harness;

/// <summary>
/// One claim's corner of the network. It owns all that is made on it and ends it in the order that lets everyone finish: connections,
/// servers, listeners. Disposing it asserts that every connection ended and that nothing is left.
/// </summary>
internal sealed class Site(
    Transport transport, Engine engine, Func<string, Address> newAddress, SimulatedNetwork? network = null) : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zc-");
    private readonly List<Connection> _connections = [];
    private readonly List<SocketServer> _servers = [];
    private readonly List<Listener> _listeners = [];
    private int _lastName;

    internal Transport Transport => transport;

    internal Engine Engine => engine;

    /// <summary>An address to listen on: a new one at each call.</summary>
    internal Address NewAddress() => newAddress(Path.Combine(_directory.FullName, $"s{++_lastName}"));

    internal async Task<Listener> ListenAsync(ListenOptions? options = null, Address? at = null)
    {
        var listener = await Listener.ListenAsync(at ?? NewAddress(), (options ?? ListenOptions.Default) with { Engine = engine }).InTime();
        _listeners.Add(listener);
        return listener;
    }

    internal async Task<Connection> AcceptAsync(Listener listener) => Own(await listener.AcceptAsync().InTime());

    internal async Task<SocketServer> ServeAsync(ConnectionHandler handler, ServerOptions? options = null, Address? at = null)
    {
        var server = await SocketServer.StartAsync(
            at ?? NewAddress(), handler, (options ?? ServerOptions.Default) with { Engine = engine }).InTime();
        _servers.Add(server);
        return server;
    }

    internal Task<Connection> ConnectAsync(SocketServer server, ConnectOptions? options = null) =>
        ConnectAsync(server.LocalAddress, options);

    internal async Task<Connection> ConnectAsync(Address to, ConnectOptions? options = null) =>
        Own(await Connector.ConnectAsync(to, (options ?? ConnectOptions.Default) with { Engine = engine }).InTime());

    /// <summary>A client and the server's end of it.</summary>
    internal async Task<(Connection Client, Connection Server)> PairAsync(
        Listener listener, ConnectionOptions? both = null, TimeProvider? time = null)
    {
        var accepting = AcceptAsync(listener);
        var client = await ConnectAsync(listener.LocalAddress, new() { Connection = both ?? ConnectionOptions.Default, Time = time });
        return (client, await accepting);
    }

    /// <summary>Waits until the peer's kernel has the first <paramref name="total"/> bytes that <paramref name="sender"/> sent.</summary>
    internal Task DeliveredAsync(Connection sender, long total) =>
        Patience.UntilAsync(() => sender.Sent() >= total && (!transport.Acknowledges || sender.Unacknowledged() == 0));

    public async ValueTask DisposeAsync()
    {
        Connection[] connections;
        lock (_connections)
        {
            connections = [.. _connections];
        }
        try
        {
            await Task.WhenAll(connections.Select(connection => connection.CloseAsync())).InTime("every connection of the claim to end");
            await Task.WhenAll(_servers.Select(server => server.StopAsync())).InTime("every server of the claim to stop");
            foreach (var listener in _listeners)
            {
                await listener.DisposeAsync();
            }
            if (engine is SimulatedHost host)
            {
                // this network is the claim's alone, so that nothing can be left of it
                await Patience.UntilAsync(() => host.OpenCount == 0);
            }
        }
        finally
        {
            Array.ForEach(connections, connection => connection.Abort());
            _directory.Delete(recursive: true);
        }
        if (network is not null)
        {
            await network.DisposeAsync();
        }
    }

    private Connection Own(Connection connection)
    {
        lock (_connections)
        {
            _connections.Add(connection);
        }
        return connection;
    }
}
