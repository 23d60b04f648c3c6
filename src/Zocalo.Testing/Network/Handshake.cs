using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>
/// One attempt to connect: SYN, SYN-ACK and ACK, each with the delay of its link. After a loss, or when the backlog is full, the SYN is
/// sent again after one second, two, four… (RFC 6298; tcp(7), tcp_syn_retries).
/// </summary>
internal sealed class Handshake(World world, SimulatedHost from, Address to, SocketSettings settings)
{
    private static readonly TimeSpan FirstWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWait = TimeSpan.FromSeconds(64);

    private readonly int _number = world.NextNumber();
    private readonly int _crashes = from.Crashes;
    private SeededRandom _random = null!;
    private ConnectFaults _faults = null!;
    private bool _hasDescriptor;

    internal async Task<ConnectResult> RunAsync(CancellationToken cancellationToken)
    {
        _random = world.RandomFor(_number);
        world.Trace.Add(TraceKind.Connect, _number, true, 0, $"{from.HostName} to {to}");
        _faults = ConnectFaults.Draw(world, _number, _random);
        ConnectResult result = default;
        try
        {
            result = await ConnectAsync(cancellationToken);
            if (world.TryYield(world.YieldsFor(_number, YieldsOf.Connect), out var others))
            {
                await others;       // the connection exists, but its program does not have it yet
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
        lock (world.Lock)
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
        lock (world.Lock)
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
        var target = world.FindHost(to, from);
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
            await Task.Delay(wait, world.Scheduler.Time, cancellationToken);
        }
    }

    /// <returns>Null when no answer comes.</returns>
    private async Task<ConnectResult?> TryAsync(
        SimulatedHost target, SimulatedLink there, SimulatedLink back, CancellationToken cancellationToken)
    {
        if (there.IsDown || _faults.LosesSyn())
        {
            return null;
        }
        await TravelAsync(there, cancellationToken);
        if (target.IsCrashed || there.IsDown)
        {
            return null;
        }
        MemoryListener? listener;
        lock (world.Lock)
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
            return null;        // lost, or one of the machines has crashed meanwhile
        }
        if (listener is null || _faults.Refusal is not null)
        {
            Release(listener);
            return new(
                null,
                _faults.Refusal
                    ?? (to is UnixAddress { IsAbstract: false } ? SocketError.AddressNotAvailable : SocketError.ConnectionRefused));
        }
        return Establish(listener, target, there, back);
    }

    private bool IsStillThere(MemoryListener? listener, SimulatedHost target)
    {
        lock (world.Lock)
        {
            return from.Crashes == _crashes && (listener is null || target.Sockets.Find(to) == listener);
        }
    }

    private ConnectResult Establish(MemoryListener listener, SimulatedHost target, SimulatedLink there, SimulatedLink back)
    {
        SimulatedConnection connection;
        lock (world.Lock)
        {
            if (from.Sockets.Connect(from.AddressTowards(to), to) is not { } client)
            {
                listener.Establish(null);
                return new(null, SocketError.AddressNotAvailable);
            }
            connection = new SimulatedConnection(
                world, _number, (from, client, settings), (target, to, listener.Settings), there, back, _random);
            world.Add(connection);
        }
        world.Trace.Add(TraceKind.Connected, _number, true, 0, $"{connection.Client} to {connection.Server}");
        FaultDraw.Apply(world, connection, _random);
        world.Connected?.Invoke(connection);
        _ = DeliverAsync(listener, connection, there);
        return new(connection.ClientSocket, SocketError.Success);
    }

    /// <summary>The ACK reaches the server, which puts the connection into its backlog.</summary>
    private async Task DeliverAsync(MemoryListener listener, SimulatedConnection connection, SimulatedLink there)
    {
        await TravelAsync(there, default);
        if (_faults.AcceptDelay > TimeSpan.Zero)
        {
            await Task.Delay(_faults.AcceptDelay, world.Scheduler.Time);
        }
        lock (world.Lock)
        {
            listener.Establish(connection);
        }
    }

    private async ValueTask TravelAsync(SimulatedLink link, CancellationToken cancellationToken)
    {
        long ticks;
        lock (world.Lock)
        {
            ticks = link.Options.IsInstant ? 0 : link.Travel(0, world.Now, _random);
        }
        if (ticks > 0)
        {
            await Pause.ForAsync(TimeSpan.FromTicks(ticks), world.Scheduler.Time, cancellationToken);
        }
    }

    private void Release(MemoryListener? listener)
    {
        lock (world.Lock)
        {
            listener?.Establish(null);
        }
    }
}
