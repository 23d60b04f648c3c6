using System.Net.Sockets;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Network;

/// <summary>The faults of one attempt to connect.</summary>
internal sealed class ConnectFaults
{
    private static readonly TimeSpan LongestAcceptDelay = TimeSpan.FromSeconds(1);
    private const int MostLostSyns = 3;

    private int _lostSyns;

    /// <summary>The error of a connect that was drawn to fail; null if it was not.</summary>
    internal SocketError? Refusal { get; private set; }

    internal TimeSpan AcceptDelay { get; private set; }

    /// <summary>Whether a kind of fault concerns connecting; the other kinds are drawn when there is a connection.</summary>
    internal static bool Owns(FaultKind kind) =>
        kind is FaultKind.Refuse or FaultKind.Unreachable or FaultKind.AcceptDelay or FaultKind.LostSyn or FaultKind.DnsFailure;

    internal static ConnectFaults Draw(World world, int connection, SeededRandom random)
    {
        var faults = new ConnectFaults();
        if (world.Faults.IsNone)
        {
            return faults;
        }
        if (Draws(FaultKind.Refuse))
        {
            faults.Refusal = SocketError.ConnectionRefused;
        }
        if (Draws(FaultKind.Unreachable))
        {
            faults.Refusal = SocketError.HostUnreachable;
        }
        if (Draws(FaultKind.AcceptDelay))
        {
            faults.AcceptDelay = random.Next(LongestAcceptDelay);
        }
        if (Draws(FaultKind.LostSyn))
        {
            faults._lostSyns = random.Next(1, MostLostSyns);
        }
        return faults;

        bool Draws(FaultKind kind)
        {
            if (!random.Chance(world.Faults[kind]))
            {
                return false;
            }
            world.OnDrawn(kind, connection);
            return true;
        }
    }

    internal static SocketError DrawDns(World world, SimulatedHost host)
    {
        if (!host.DnsRandom.Chance(world.Faults[FaultKind.DnsFailure]))
        {
            return SocketError.Success;
        }
        world.OnDrawn(FaultKind.DnsFailure, 0);
        return host.DnsRandom.Chance(0.5) ? SocketError.HostNotFound : SocketError.TryAgain;
    }

    internal bool LosesSyn() => _lostSyns-- > 0;
}
