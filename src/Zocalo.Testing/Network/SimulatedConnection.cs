using System.Net.Sockets;
using Zocalo.Engines.Sockets;
using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing;

/// <summary>
/// A connection as the network sees it, for a test to watch and to break. Every fault of a <see cref="FaultMix"/> is one of these methods,
/// called by chance; a script calls them itself, in <see cref="SimulatedNetwork.Connected"/> or at any time. Thread-safe.
/// </summary>
public sealed class SimulatedConnection
{
    private readonly World _world;
    private readonly SimulatedHost _client;
    private readonly SimulatedHost _server;
    private readonly SimulatedLink _there;
    private readonly SimulatedLink _back;
    private readonly StreamEnd _clientEnd;
    private readonly StreamEnd _serverEnd;
    private readonly Flow _toServer;
    private readonly Flow _toClient;
    private int _openEnds = 2;
    private bool _clientHolds = true;
    private bool _serverHolds;

    internal SimulatedConnection(
        World world,
        int number,
        (SimulatedHost Host, Address Address, SocketSettings Settings) client,
        (SimulatedHost Host, Address Address, SocketSettings Settings) server,
        SimulatedLink there,
        SimulatedLink back,
        SeededRandom random)
    {
        _world = world;
        (_client, _server, _there, _back) = (client.Host, server.Host, there, back);
        (Number, Client, Server) = (number, client.Address, server.Address);
        _toServer = new Flow(world, there, back, UserTimeout(client.Settings), random);
        _toClient = new Flow(world, back, there, UserTimeout(server.Settings), random);
        _clientEnd = new StreamEnd(world, this, isClient: true, _toClient, _toServer, client.Settings.KeepAliveTime);
        _serverEnd = new StreamEnd(world, this, isClient: false, _toServer, _toClient, server.Settings.KeepAliveTime);
        (_clientEnd.Peer, _serverEnd.Peer) = (_serverEnd, _clientEnd);
        (_toServer.Sender, _toServer.Receiver) = (_clientEnd, _serverEnd);
        (_toClient.Sender, _toClient.Receiver) = (_serverEnd, _clientEnd);
        ClientSocket = new MemorySocket(world, _clientEnd, client.Address, server.Address, () => OnClosed(ref _clientHolds, _client));
        ServerSocket = new MemorySocket(world, _serverEnd, server.Address, client.Address, () => OnClosed(ref _serverHolds, _server));
        ToServer = new SimulatedDirection(world, this, "server", _toServer);
        ToClient = new SimulatedDirection(world, this, "client", _toClient);

        // A Unix socket has no such timeout.
        TimeSpan UserTimeout(SocketSettings settings) =>
            server.Address is TcpAddress ? settings.WriteStallTimeout : Timeout.InfiniteTimeSpan;
    }

    /// <summary>The number of the connection in the trace: from 1 on, in the order of the attempts to connect.</summary>
    public int Number { get; }

    /// <summary>The client's address.</summary>
    public Address Client { get; }

    /// <summary>The address that the client has connected to.</summary>
    public Address Server { get; }

    /// <summary>The direction in which the client sends.</summary>
    public SimulatedDirection ToServer { get; }

    /// <summary>The direction in which the server sends.</summary>
    public SimulatedDirection ToClient { get; }

    /// <summary>Both programs see a reset by the other side, as a middlebox can cause it.</summary>
    public void Reset() => Do("is reset", () =>
    {
        _clientEnd.OnReset();
        _serverEnd.OnReset();
    });

    /// <summary>From now on nothing passes in either direction, and neither program is notified: a pulled cable, a firewall that has lost
    /// its state.</summary>
    public void Die() => Do("dies in silence", () =>
    {
        _toClient.Cut();
        _toServer.Cut();
        _clientEnd.WatchPeer();
        _serverEnd.WatchPeer();
    });

    /// <summary>Half-open: the client's machine loses the connection. Its program gets an error; the server gets a reset in answer to its
    /// next bytes or to a keep-alive probe.</summary>
    public void ForgetClient() => Do("is forgotten by the client's machine", _clientEnd.Forget);

    /// <summary>Half-open: the server's machine loses the connection. See <see cref="ForgetClient"/>.</summary>
    public void ForgetServer() => Do("is forgotten by the server's machine", _serverEnd.Forget);

    /// <summary>The next send of the client's or the server's program fails, with ENOBUFS for example. For that program the connection is
    /// broken.</summary>
    public void FailNextSend(bool ofClient, SocketError error = SocketError.NoBufferSpaceAvailable) =>
        Do(
            $"has no buffer for the {(ofClient ? "client" : "server")}'s next send",
            () => (ofClient ? _clientEnd : _serverEnd).FailNextSend(error));

    /// <summary>Such as <c>#3 tcp://10.0.0.1:32768 &gt; tcp://10.0.0.2:7000</c>.</summary>
    public override string ToString() => $"#{Number} {Client} > {Server}";

    internal MemorySocket ClientSocket { get; }

    internal MemorySocket ServerSocket { get; }

    internal SimulatedHost ClientHost => _client;

    internal SimulatedHost ServerHost => _server;

    /// <summary>Whether a program has an end that it has not closed.</summary>
    internal bool IsHeld => Volatile.Read(ref _clientHolds) || Volatile.Read(ref _serverHolds);

    /// <summary>The server's program has accepted it.</summary>
    internal void OnAccepted()
    {
        _serverHolds = true;
        _server.Sockets.OnOpened();
    }

    internal bool Uses(SimulatedLink link) => link == _there || link == _back;

    internal bool Touches(SimulatedHost host) => host == _client || host == _server;

    internal SimulatedHost HostOf(StreamEnd end) => end == _clientEnd ? _client : _server;

    internal void OnLinkChanged(SimulatedLink link)
    {
        _toServer.OnLinkChanged();
        _toClient.OnLinkChanged();
        var other = link == _there ? _back : _there;
        if (other != link && other.IsDown)
        {
            return;     // the other direction is down: probes fail before and after this
        }
        if (link.IsDown)
        {
            _clientEnd.WatchPeer();
            _serverEnd.WatchPeer();
        }
        else
        {
            _clientEnd.NoteLiveness();
            _serverEnd.NoteLiveness();
        }
    }

    internal void OnCrash(SimulatedHost host)
    {
        if (host == _client)
        {
            _clientEnd.Forget();
        }
        if (host == _server)
        {
            _serverEnd.Forget();
        }
    }

    internal void Do(string what, Action action)
    {
        lock (_world.Lock)
        {
            _world.Trace.Add(TraceKind.Fault, Number, true, 0, what);
            action();
        }
    }

    private void OnClosed(ref bool holds, SimulatedHost host)
    {
        if (holds)
        {
            holds = false;
            host.Sockets.OnClosed();
            host.Sockets.OfferAll();        // a descriptor has become free
        }
        if (--_openEnds == 0)
        {
            _client.Sockets.Disconnect(Client, Server);
            _world.Remove(this);
        }
    }
}
