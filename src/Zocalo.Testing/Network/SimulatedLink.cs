using Zocalo.Testing.Simulation;
using Zocalo.Testing.Network;

namespace Zocalo.Testing;

/// <summary>One direction of the way between two hosts of a <see cref="SimulatedNetwork"/>, which every connection between them shares.
/// Thread-safe.</summary>
public sealed class SimulatedLink
{
    private static readonly TimeSpan RetransmissionTimeout = TimeSpan.FromMilliseconds(200);
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

    /// <summary>Where it begins.</summary>
    public SimulatedHost From { get; }

    /// <summary>Where it ends.</summary>
    public SimulatedHost To { get; }

    /// <summary>How fast, and how well. May be changed at any time: it holds for what is sent from then on.</summary>
    public LinkOptions Options { get; set { ArgumentNullException.ThrowIfNull(value); field = value; } }

    /// <summary>Nothing passes: see <see cref="Down"/>.</summary>
    public bool IsDown => Volatile.Read(ref _isDown);

    /// <summary>Nothing passes from now on, nor what is under way; nobody is told. Connections send it again when the link is
    /// <see cref="Up"/>, unless they gave up before.</summary>
    public void Down() => Set(down: true);

    /// <summary>It carries again.</summary>
    public void Up() => Set(down: false);

    /// <summary>Such as <c>a&gt;b</c>.</summary>
    public override string ToString() => $"{From.HostName}>{To.HostName}";

    /// <summary>When what is sent now arrives, in ticks from now. Takes the link for as long as it needs. Under the world's lock.</summary>
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
                start += RetransmissionTimeout.Ticks;       // no room left: lost, and sent again
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
        lock (_world.Gate)
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
