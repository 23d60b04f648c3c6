using System.Collections.Concurrent;
using System.Threading.Channels;
using DeviceGateway;
using DeviceGateway.Fleet;
using DeviceGateway.Protocol;
using Zocalo.Contract.Harness;
using Zocalo.Testing;

namespace Zocalo.Tests.Samples;

/// <summary>A gateway that listens on a network in memory and on the loopback interface, with what it was told and who came and
/// went.</summary>
internal sealed class ServedGateway : IAsyncDisposable
{
    private readonly Channel<string> _events = Channel.CreateUnbounded<string>();
    private readonly SimulatedHost _network = SimulatedHost.OnThreadPool();
    private SocketServer? _inMemory;
    private SocketServer? _overTcp;

    private ServedGateway(TimeProvider? time)
    {
        Gateway = new((imei, position, _) =>
        {
            Positions.GetOrAdd(imei, _ => []).Enqueue(position);
            return ValueTask.CompletedTask;
        }, time);
        Gateway.Trackers.Online += (_, tracker) => _events.Writer.TryWrite($"{tracker.Key} online");
        Gateway.Trackers.Offline += (_, tracker) => _events.Writer.TryWrite($"{tracker.Key} {tracker.Reason}");
    }

    internal Gateway Gateway { get; }

    internal ConcurrentDictionary<string, ConcurrentQueue<Position>> Positions { get; } = new();

    internal static async Task<ServedGateway> StartAsync(TimeProvider? time = null)
    {
        var served = new ServedGateway(time);
        served._inMemory = await served.Gateway.StartAsync("tcp://10.0.0.1:5023", new ServerOptions { Engine = served._network }).InTime();
        served._overTcp = await served.Gateway.StartAsync("tcp://127.0.0.1:0").InTime();
        return served;
    }

    internal Task<SimulatedTracker> LogInInMemoryAsync(string imei) =>
        SimulatedTracker.LogInAsync(_inMemory!.LocalAddress, imei, new ConnectOptions { Engine = _network }).InTime();

    internal Task<SimulatedTracker> LogInOverTcpAsync(string imei) => SimulatedTracker.LogInAsync(_overTcp!.LocalAddress, imei).InTime();

    /// <summary>Bytes, for what no decent tracker sends.</summary>
    internal Task<Connection> ConnectAsync() =>
        Connector.ConnectAsync(_inMemory!.LocalAddress, new ConnectOptions { Engine = _network }).InTime();

    /// <summary>Such as <c>123456789012345 online</c>, or with the reason <c>123456789012345 Truncated</c>.</summary>
    internal Task<string> NextEventAsync() => _events.Reader.ReadAsync().AsTask().InTime();

    public async ValueTask DisposeAsync() => await Task.WhenAll(_inMemory!.StopAsync(), _overTcp!.StopAsync()).InTime();
}
