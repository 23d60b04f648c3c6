using DeviceGateway.Protocol;
using Zocalo;

namespace DeviceGateway;

/// <summary>Receives the trackers' messages, and sends commands to trackers by their IMEI. Any number of servers, on any addresses and
/// engines, may share one gateway. Thread-safe.</summary>
/// <param name="onPosition">Called with each position of a tracker, by many connections at the same time. It is awaited before the next
/// message of the same tracker is read.</param>
/// <param name="time">Null for the system's clock.</param>
public sealed class Gateway(Func<string, Position, CancellationToken, ValueTask> onPosition, TimeProvider? time = null)
{
    /// <summary>How long a connection may take to log in; after that the gateway closes it.</summary>
    public static TimeSpan LoginTimeout { get; } = TimeSpan.FromSeconds(20);

    /// <summary>The trackers that are online, by IMEI, with their events.</summary>
    public PeerDirectory<string, DeviceMessage, ServerMessage> Trackers { get; } = new();

    /// <summary>Listens for trackers.</summary>
    public Task<SocketServer> StartAsync(Address address, ServerOptions? options = null) =>
        SocketServer.StartAsync(address, TrackerProtocol.OfGateway, ServeAsync, options);

    /// <summary>Sends a command to one tracker.</summary>
    /// <param name="imei">15 digits.</param>
    /// <param name="command">ASCII, at most <see cref="Command.GreatestLength"/> characters.</param>
    /// <param name="cancellationToken">Cancels the wait for the reply.</param>
    /// <returns>The tracker's reply.</returns>
    /// <exception cref="ArgumentException">The command is too long, or not ASCII. Nothing is sent.</exception>
    /// <exception cref="PeerOfflineException">The tracker is not online.</exception>
    /// <exception cref="TimeoutException">The tracker did not reply in time.</exception>
    /// <exception cref="ConnectionException">The connection ended before the reply came.</exception>
    public async Task<string> CommandAsync(string imei, string command, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(command.Length, Command.GreatestLength, nameof(command));
        var reply = await Trackers.RequestAsync(imei, new Command(command), TimeSpan.FromSeconds(10), cancellationToken);
        return ((CommandReply)reply).Text;
    }

    private async Task ServeAsync(FramedConnection<DeviceMessage, ServerMessage> tracker, CancellationToken cancellationToken)
    {
        if (await FirstMessageAsync(tracker, cancellationToken) is not Login login)
        {
            return;
        }
        // another connection under this IMEI ends here with Replaced: trackers often connect again before the old end is noticed
        Trackers.Bind(login.Imei, tracker);
        await AcknowledgeAsync(PacketType.Login, login.Serial);

        await foreach (var message in tracker.ReadAllAsync(cancellationToken))
        {
            switch (message)
            {
                case Login again when again.Imei == login.Imei:
                    await AcknowledgeAsync(PacketType.Login, again.Serial);
                    break;
                case Login:
                    return;     // one connection belongs to one tracker
                case Heartbeat:
                    await AcknowledgeAsync(PacketType.Heartbeat, message.Serial);
                    break;
                case Position position:
                    await onPosition(login.Imei, position, cancellationToken);
                    break;
            }
        }

        ValueTask AcknowledgeAsync(PacketType type, ushort serial) =>
            tracker.SendAsync(new Acknowledgement(type, serial), cancellationToken);
    }

    /// <summary>The first message; null when none came, or not in time.</summary>
    private async Task<DeviceMessage?> FirstMessageAsync(
        FramedConnection<DeviceMessage, ServerMessage> tracker, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(LoginTimeout, time ?? TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await tracker.WaitToReadAsync(either.Token) && tracker.TryRead(out var message) ? message : null;
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            return null;
        }
    }
}
