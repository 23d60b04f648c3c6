using Zocalo.Testing.Simulation;
using Zocalo.Testing.Network;

namespace Zocalo.Testing;

/// <summary>One direction of the link between two hosts of a <see cref="SimulatedNetwork"/>. All connections between the hosts share it.
/// Thread-safe.</summary>
public sealed class SimulatedLink
{
    internal static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromMilliseconds(200);
    private const int MostRetransmissions = 8;

    private readonly World _world;
    private long _freeAt;
    private bool _isDown;

    internal SimulatedLink(World world, SimulatedHost from, SimulatedHost to, LinkOptions options)
    {
        _world = world;
        From = from;
        To = to;
        Options = options;
    }

    /// <summary>The host that sends.</summary>
    public SimulatedHost From { get; }

    /// <summary>The host that receives.</summary>
    public SimulatedHost To { get; }

    /// <summary>The speed and the faults of the link. They may be changed at any time, for segments that are sent later.</summary>
    public LinkOptions Options { get; set { ArgumentNullException.ThrowIfNull(value); field = value; } }

    /// <summary>Whether nothing passes: see <see cref="Down"/>.</summary>
    public bool IsDown => Volatile.Read(ref _isDown);

    /// <summary>From now on nothing passes, segments in flight are lost, and no program is notified. Connections send the bytes again after
    /// <see cref="Up"/>, unless they have given up before.</summary>
    public void Down() => Set(down: true);

    /// <summary>From now on segments pass again.</summary>
    public void Up() => Set(down: false);

    /// <summary>Such as <c>a&gt;b</c>.</summary>
    public override string ToString() => $"{From.HostName}>{To.HostName}";

    /// <summary>The time that a segment sent now takes to arrive, in ticks. It occupies the link while it is sent. Under the world's
    /// lock.</summary>
    internal long Travel(int bytes, long now, SeededRandom random)
    {
        var options = Options;
        var wait = 0L;
        if (options.BytesPerSecond > 0)
        {
            var start = Math.Max(now, _freeAt);
            var needed = bytes * TimeSpan.TicksPerSecond / options.BytesPerSecond;
            if ((start - now) * options.BytesPerSecond / TimeSpan.TicksPerSecond > options.Queue)
            {
                start += RetransmissionTimeout.Ticks;       // the queue is full: lost, and sent again
            }
            _freeAt = Math.Max(_freeAt, now) + needed;
            wait = start + needed - now;
        }
        for (var again = 0; again < MostRetransmissions && random.Chance(options.Loss); again++)
        {
            wait += RetransmissionTimeout.Ticks << again;
        }
        return wait + options.Latency.Ticks + (options.Jitter > TimeSpan.Zero ? random.Next(options.Jitter).Ticks : 0);
    }

    private void Set(bool down)
    {
        lock (_world.Lock)
        {
            if (_isDown == down)
            {
                return;
            }
            _isDown = down;
            _world.Trace.Add(TraceKind.Link, $"{this} is {(down ? "down" : "up")}");
            foreach (var connection in _world.ConnectionsOver(this))
            {
                connection.OnLinkChanged(this);
            }
        }
    }
}
