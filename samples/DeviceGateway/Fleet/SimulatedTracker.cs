using DeviceGateway.Protocol;
using Zocalo;

namespace DeviceGateway.Fleet;

/// <summary>A tracker without a vehicle: it logs in, reports its position and answers commands.</summary>
public sealed class SimulatedTracker : IAsyncDisposable
{
    private readonly FramedConnection<ServerMessage, DeviceMessage> _gateway;
    private int _serial;

    private SimulatedTracker(string imei, FramedConnection<ServerMessage, DeviceMessage> gateway)
    {
        Imei = imei;
        _gateway = gateway;
    }

    /// <summary>15 digits.</summary>
    public string Imei { get; }

    /// <summary>How the connection ended.</summary>
    public Task<ConnectionEnd> Closed => _gateway.Closed;

    /// <summary>The commands that it received.</summary>
    public int Commands { get; private set; }

    /// <summary>Connects and logs in.</summary>
    /// <returns>A tracker whose login the gateway has acknowledged.</returns>
    public static async Task<SimulatedTracker> LogInAsync(Address gateway, string imei, ConnectOptions? options = null)
    {
        var connection = await Connector.ConnectAsync(gateway, TrackerProtocol.OfTracker, options);
        var tracker = new SimulatedTracker(imei, connection);
        await connection.RequestAsync(new Login(imei));
        _ = tracker.ObeyAsync();
        return tracker;
    }

    /// <summary>Reports that it is alive, and waits for the acknowledgement.</summary>
    public Task BeatAsync() => _gateway.RequestAsync(new Heartbeat(Status: 0x40, Voltage: 4, Signal: 4));

    /// <summary>Reports its position, which is not acknowledged.</summary>
    public ValueTask SendAsync(Position position) => _gateway.SendAsync(position with { Serial = NextSerial() });

    /// <summary>Closes the connection.</summary>
    public ValueTask DisposeAsync() => _gateway.DisposeAsync();

    private async Task ObeyAsync()
    {
        try
        {
            await foreach (var message in _gateway.ReadAllAsync())
            {
                if (message is Command command)
                {
                    Commands++;
                    await _gateway.SendAsync(new CommandReply(command.Number, $"{Imei}: {command.Text} OK") { Serial = NextSerial() });
                }
            }
        }
        catch (ConnectionException)
        {
            // The gateway cut the connection; Closed says why.
        }
        await _gateway.CloseAsync();
    }

    /// <summary>For messages that want no acknowledgement; for the others the request gives the number.</summary>
    private ushort NextSerial() => (ushort)Interlocked.Increment(ref _serial);
}
