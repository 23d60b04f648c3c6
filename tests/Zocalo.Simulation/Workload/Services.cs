using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>The programs of the server's host: one server for each service. They are started again after a crash of the machine, and during
/// the run one of them at a time is stopped normally.</summary>
internal sealed class Services
{
    private static readonly Service[] s_all = Enum.GetValues<Service>();
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly Stage _stage;
    private readonly SimulatedHost _host;
    private readonly Chance _chance;
    private readonly SocketServer?[] _servers = new SocketServer?[s_all.Length];
    // Of each service: one start or stop at a time.
    private readonly Task[] _turns = [.. s_all.Select(_ => Task.CompletedTask)];
    private bool _isOver;

    internal Services(Stage stage)
    {
        _stage = stage;
        _host = stage.Net.Host(Stage.ServerHost);
        _chance = new Chance(stage.Net.Seed, 1_000_001);
        _host.Restarted += Restart;
    }

    internal static Address AddressOf(Service service) => $"tcp://{Stage.ServerHost}:{7000 + (int)service}";

    internal Task StartAsync() => Task.WhenAll(s_all.Select(ReplaceAsync));

    /// <summary>Stops a server at random times and starts it again.</summary>
    internal async Task DisturbAsync(CancellationToken over)
    {
        try
        {
            while (true)
            {
                await Task.Delay(_chance.Seconds(10, 60), _stage.Time, over);
                _stage.WasInterrupted = true;
                _stage.Tally.Count("drains");
                Replace(_chance.Of(s_all));
            }
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }

    /// <summary>Stops all servers for ever.</summary>
    internal async Task StopAsync()
    {
        _isOver = true;
        foreach (var service in s_all)
        {
            Replace(service);
        }
        await Task.WhenAll(_turns);
    }

    private void Restart()
    {
        _stage.WasInterrupted = true;
        foreach (var service in s_all)
        {
            Replace(service);
        }
    }

    private void Replace(Service service)
    {
        var before = _turns[(int)service];
        _turns[(int)service] = AfterAsync();

        async Task AfterAsync()
        {
            await before;
            await ReplaceAsync(service);
        }
    }

    private async Task ReplaceAsync(Service service)
    {
        if (_servers[(int)service] is { } server)
        {
            using var _ = _stage.Watch.Begin($"stopping {service}", Promises.Stop);
            await server.StopAsync();
            if (server.ConnectionCount != 0)
            {
                _stage.Fail($"{service} was stopped with {server.ConnectionCount} connections left");
            }
            _servers[(int)service] = null;
        }
        while (!_isOver && _servers[(int)service] is null)
        {
            try
            {
                _servers[(int)service] = await StartAsync(service);
            }
            catch (NetworkException) when (_host.IsCrashed)
            {
                await Task.Delay(Retry, _stage.Time);
            }
        }
    }

    private Task<SocketServer> StartAsync(Service service)
    {
        var options = new ServerOptions
        {
            Engine = _host,
            Connection = Promises.Connection,
            Deadlines = Promises.Deadlines,
            DrainTimeout = Promises.DrainTimeout,
        };
        var address = AddressOf(service);
        return service switch
        {
            Service.Echo => Raw(EchoTalk.ServeAsync),
            Service.Source => Raw(SourceTalk.ServeAsync),
            Service.Sink => Raw(SinkTalk.ServeAsync),
            Service.ByNumber => Framed(Message.In(Frames.LengthPrefixed()), RequestTalk.ServeAsync),
            Service.InOrder => Framed(Message.In(Frames.Cobs()), RequestTalk.ServeAsync),
            _ => Framed(DirectoryTalk.Protocol, DirectoryTalk.ServeAsync),
        };

        Task<SocketServer> Raw(Func<Stage, Conversation, Connection, CancellationToken, Task> serve) => SocketServer.StartAsync(
            address, (connection, cut) => _stage.ServeAsync(connection, talk => serve(_stage, talk, connection, cut)), options);

        Task<SocketServer> Framed(
            Protocol<Message,
            Message> protocol,
            Func<Stage,
            Conversation,
            FramedConnection<Message,
            Message>,
            CancellationToken,
            Task> serve) =>
            SocketServer.StartAsync(
            address,
            protocol,
            (peer, cut) => _stage.ServeAsync(peer.Connection, talk => serve(_stage, talk, peer, cut)),
            options with
            {
                Messaging = new MessagingOptions
                {
                    OutboxCapacity = 32 * 1024,
                    WhenOutboxIsFull = service == Service.Directory ? _stage.Broadcasts.Policy : OutboxPolicy.Wait,
                },
            });
    }
}
