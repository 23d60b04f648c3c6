using System.Net.Sockets;
using Zocalo.Testing;

namespace Zocalo.Simulation.Workload;

/// <summary>One client: at some time it connects, tries again if that fails, talks, and closes the connection in one of several
/// ways.</summary>
internal sealed class Client(Stage stage, int stream)
{
    private const int Attempts = 4;

    // The framework's names for the errors of a host, a name server, a router, or a machine that is down.
    private static readonly SocketError[] s_refusals =
    [
        SocketError.ConnectionRefused,
        SocketError.HostUnreachable,
        SocketError.HostNotFound,
        SocketError.TryAgain,
        SocketError.NetworkDown,
        SocketError.TimedOut,
    ];

    private readonly Chance _chance = new(stage.Net.Seed, stream);

    internal static string HostOf(int stream) => $"client{stream % 5}";

    internal async Task RunAsync()
    {
        var service = _chance.Of(
            Service.Echo,
            Service.Echo,
            Service.ByNumber,
            Service.ByNumber,
            Service.InOrder,
            Service.Directory,
            Service.Directory,
            Service.Source,
            Service.Sink);
        await stage.Think(_chance.Seconds(0, 40));
        for (var attempt = 1; attempt <= Attempts; attempt++)
        {
            if (await ConnectAsync(service) is { } connection)
            {
                await TalkAsync(service, connection);
                return;
            }
            await stage.Think(_chance.Seconds(1, 10));
        }
        stage.Tally.Count("clients that never connected");
    }

    private async Task<Connection?> ConnectAsync(Service service)
    {
        var options = new ConnectOptions
        {
            Engine = stage.Net.Host(HostOf(stream)),
            Timeout = Promises.ConnectTimeout,
            Connection = Promises.Connection,
            Deadlines = Promises.Deadlines,
        };
        try
        {
            using var _ = stage.Watch.Begin($"connect {stream} to {service}", Promises.ConnectTimeout);
            return await Connector.ConnectAsync(Services.AddressOf(service), options);
        }
        catch (NetworkException error) when (s_refusals.Contains(error.SocketError))
        {
            CheckMayFail(error, error.SocketError == SocketError.ConnectionRefused && stage.WasInterrupted);
            stage.Tally.Count($"connect: {error.SocketError}");
        }
        catch (TimeoutException error)
        {
            CheckMayFail(error, false);
            stage.Tally.Count("connect: timeout");
        }
        return null;
    }

    /// <summary>Without random faults, connecting fails only while a server is stopped.</summary>
    private void CheckMayFail(Exception error, bool wasStopped)
    {
        if (stage.Net.Faults == FaultMix.None && !wasStopped)
        {
            stage.Fail($"client {stream} could not connect: {error}");
        }
    }

    private async Task TalkAsync(Service service, Connection connection)
    {
        var talk = stage.Open(stream, service, HostOf(stream), connection);
        try
        {
            await (service switch
            {
                Service.Echo => new EchoTalk(stage, talk, connection, _chance).RunAsync(),
                Service.ByNumber or Service.InOrder => new RequestTalk(stage, talk, connection, _chance).RunAsync(),
                Service.Directory => new DirectoryTalk(stage, talk, connection, _chance).RunAsync(),
                Service.Source => new SourceTalk(stage, talk, connection, _chance).RunAsync(),
                _ => new SinkTalk(stage, talk, connection, _chance).RunAsync(),
            });
        }
        catch (ConnectionException error)
        {
            talk.Client.Told ??= error.Reason;      // whether it may be broken is checked at the end
        }
        catch (Exception error)
        {
            stage.Fail($"the client met {error}", talk);
        }
        talk.Client.DoneAt ??= stage.Time.Elapsed;
        using var _ = stage.Watch.Begin("close", Promises.Close, talk);
        await connection.CloseAsync();
    }
}
