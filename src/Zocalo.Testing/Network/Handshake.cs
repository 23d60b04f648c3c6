using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;
using Zocalo.Testing.Faults;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>
/// One attempt to connect: SYN there, SYN-ACK back, ACK there, each in the link's time. What is lost on the way, or finds the backlog full,
/// is asked again after one second, two, four… (RFC 6298; tcp(7), tcp_syn_retries).
/// </summary>
internal sealed class Handshake(World world, SimulatedHost from, Address to, SocketTimeouts timeouts)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(64);

    private readonly int _number = world.NextNumber();
    private readonly int _crashes = from.Crashes;
    private SeededRandom _random = null!;
    private ConnectLuck _luck = null!;
    private bool _hasDescriptor;

    internal async Task<ConnectResult> RunAsync(CancellationToken cancellationToken)
    {
        _random = world.RandomFor(_number);
        world.Trace.Add(TraceKind.Connect, _number, true, 0, $"{from.HostName} to {to}");
        _luck = ConnectLuck.Draw(world, _number, _random);
        ConnectResult result = default;
        try
        {
            result = await ConnectAsync(cancellationToken);
            if (world.TryYield(world.YieldsFor(_number, YieldsOf.Connect), out var others))
            {
                await others;       // the connection is made, and its program does not have it yet
            }
            return result;
        }
        finally
        {
            if (result.Socket is null)
            {
                world.Trace.Add(
                    TraceKind.NotConnected,
                    _number,
                    true,
                    0,
                    cancellationToken.IsCancellationRequested ? "the program gave up" : result.Error.ToString());
                GiveDescriptorBack();
            }
        }
    }

    private bool TryTakeDescriptor()
    {
        lock (world.Gate)
        {
            _hasDescriptor = from.HasDescriptorFree;
            if (_hasDescriptor)
            {
                from.Sockets.OnOpened();
            }
            return _hasDescriptor;
        }
    }

    private void GiveDescriptorBack()
    {
        lock (world.Gate)
        {
            if (_hasDescriptor)
            {
                from.Sockets.OnClosed();
                from.Sockets.OfferAll();
            }
        }
    }

    private async Task<ConnectResult> ConnectAsync(CancellationToken cancellationToken)
    {
        var target = world.WhoIs(to, from);
        if (from.IsCrashed || target is null || !TryTakeDescriptor())
        {
            return new(
                null,
                from.IsCrashed
                    ? SocketError.NetworkDown
                    : target is null
                    ? SocketError.NetworkUnreachable
                    : SocketError.TooManyOpenSockets);
        }
        var there = world.Link(from, target);
        var back = world.Link(target, from);
        for (var wait = FirstWait; ; wait *= 2)
        {
            if (await TryAsync(target, there, back, cancellationToken) is { } result)
            {
                return result;
            }
            if (from.Crashes != _crashes)
            {
                return new(null, SocketError.NetworkDown);
            }
            if (wait > LastWait)
            {
                return new(null, SocketError.TimedOut);
            }
            await Task.Delay(wait, world.Place.Time, cancellationToken);
        }
    }

    /// <returns>Null when no answer comes.</returns>
    private async Task<ConnectResult?> TryAsync(
        SimulatedHost target, SimulatedLink there, SimulatedLink back, CancellationToken cancellationToken)
    {
        if (there.IsDown || _luck.LosesSyn())
        {
            return null;
        }
        await TravelAsync(there, cancellationToken);
        if (target.IsCrashed || there.IsDown)
        {
            return null;
        }
        MemoryListener? listener;
        lock (world.Gate)
        {
            listener = target.Sockets.Find(to);
            if (listener is not null && !listener.TryReserve())
            {
                world.Trace.Add(TraceKind.Dropped, _number, true, 0, "the backlog is full");
                return null;
            }
        }
        try
        {
            await TravelAsync(back, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            Release(listener);
            throw;
        }
        if (back.IsDown || !IsStillThere(listener, target))
        {
            Release(listener);
            return null;        // lost, or one of the machines knows nothing of it any more
        }
        if (listener is null || _luck.Refusal is not null)
        {
            Release(listener);
            return new(
                null,
                _luck.Refusal
                    ?? (to is UnixAddress { IsAbstract: false } ? SocketError.AddressNotAvailable : SocketError.ConnectionRefused));
        }
        return Establish(listener, target, there, back);
    }

    private bool IsStillThere(MemoryListener? listener, SimulatedHost target)
    {
        lock (world.Gate)
        {
            return from.Crashes == _crashes && (listener is null || target.Sockets.Find(to) == listener);
        }
    }

    private ConnectResult Establish(MemoryListener listener, SimulatedHost target, SimulatedLink there, SimulatedLink back)
    {
        SimulatedConnection connection;
        lock (world.Gate)
        {
            if (from.Sockets.Connect(from.AddressTowards(to), to) is not { } client)
            {
                listener.Establish(null);
                return new(null, SocketError.AddressNotAvailable);
            }
            connection = new SimulatedConnection(
                world, _number, (from, client, timeouts), (target, to, listener.Timeouts), there, back, _random);
            world.Add(connection);
        }
        world.Trace.Add(TraceKind.Connected, _number, true, 0, $"{connection.Client} to {connection.Server}");
        FaultDraw.Apply(world, connection, _random);
        world.Connected?.Invoke(connection);
        _ = DeliverAsync(listener, connection, there);
        return new(connection.ClientSocket, SocketError.Success);
    }

    /// <summary>The ACK reaches the server, and the connection its backlog.</summary>
    private async Task DeliverAsync(MemoryListener listener, SimulatedConnection connection, SimulatedLink there)
    {
        await TravelAsync(there, default);
        if (_luck.AcceptDelay > TimeSpan.Zero)
        {
            await Task.Delay(_luck.AcceptDelay, world.Place.Time);
        }
        lock (world.Gate)
        {
            listener.Establish(connection);
        }
    }

    private async ValueTask TravelAsync(SimulatedLink link, CancellationToken cancellationToken)
    {
        long ticks;
        lock (world.Gate)
        {
            ticks = link.Options.IsInstant ? 0 : link.Travel(0, world.Now, _random);
        }
        if (ticks > 0)
        {
            await Pause.ForAsync(TimeSpan.FromTicks(ticks), world.Place.Time, cancellationToken);
        }
    }

    private void Release(MemoryListener? listener)
    {
        lock (world.Gate)
        {
            listener?.Establish(null);
        }
    }
}
