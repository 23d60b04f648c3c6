using System.Net;
using System.Net.Sockets;
using Zocalo.Engines;
using Zocalo.Engines.Sockets;

namespace Zocalo.Contract.Harness;

/// <summary>The real engine, with <see cref="Noise"/> between it and the library's half of each connection.</summary>
internal sealed class NoisyEngine(string name, Engine real) : Engine(name)
{
    private readonly Noise _noise = Noise.OfClaim(name);

    internal override TimeProvider Time => real.Time;

    internal override EngineScheduler Scheduler => real.Scheduler;

    internal override TimeProvider OutsideTime => real.OutsideTime;

    internal override int DescriptorLimit => real.DescriptorLimit;

    internal override long ConnectionsFor(long descriptors) => real.ConnectionsFor(descriptors);

    internal override ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken) =>
        real.ResolveAsync(host, cancellationToken);

    internal override ListenerSocket Listen(EndPoint endPoint, int backlog, SocketSettings settings) =>
        new NoisyListener(real.Listen(endPoint, backlog, settings), _noise.Split());

    internal override ListenerSocket[] ListenPerLoop(EndPoint endPoint, int backlog, SocketSettings settings) =>
        [.. real.ListenPerLoop(endPoint, backlog, settings).Select(listener => new NoisyListener(listener, _noise.Split()))];

    internal override async Task<ConnectResult> ConnectAsync(EndPoint to, SocketSettings settings, CancellationToken cancellationToken)
    {
        var noise = _noise.Split();
        var connected = await real.ConnectAsync(to, settings, cancellationToken);      // the caller has entered the engine's context
        return connected with { Socket = Over(connected.Socket, noise) };
    }

    internal override StreamSocket Adopt(Socket socket, SocketSettings settings) =>
        new NoisySocket(real.Adopt(socket, settings), _noise.Split());

    internal override ListenerSocket AdoptListener(ListeningSocket listening) =>
        new NoisyListener(real.AdoptListener(listening), _noise.Split());

    internal override TTask RunOutside<TTask>(Func<TTask> work) => real.RunOutside(work);

    private static NoisySocket? Over(StreamSocket? real, Noise noise) => real is null ? null : new(real, noise);

    /// <summary>Gives its accepted connections noise.</summary>
    private sealed class NoisyListener(ListenerSocket real, Noise noise) : ListenerSocket
    {
        private readonly AcceptSource _source = new(continuesLater: false);     // not a Task, which would keep its result: see there

        internal override EndPoint LocalEndPoint => real.LocalEndPoint;

        internal override EngineScheduler? Scheduler => real.Scheduler;

        internal override bool IsConnectionWaiting => real.IsConnectionWaiting;

        internal override ValueTask<AcceptResult> AcceptAsync()
        {
            var accepting = real.AcceptAsync();
            if (accepting.IsCompleted)
            {
                return new(Take(accepting));
            }
            accepting.GetAwaiter().UnsafeOnCompleted(() => _source.SetResult(Take(accepting)));
            return _source.Next;
        }

        internal override void Close() => real.Close();

        private AcceptResult Take(ValueTask<AcceptResult> accepting)
        {
            var accepted = accepting.GetAwaiter().GetResult();
            return accepted with { Socket = Over(accepted.Socket, noise.Split()) };
        }
    }
}
