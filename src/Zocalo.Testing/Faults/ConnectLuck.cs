using System.Net.Sockets;
using Zocalo.Testing.Network;
using Zocalo.Testing.Simulation;

namespace Zocalo.Testing.Faults;

/// <summary>What an attempt to connect meets.</summary>
internal sealed class ConnectLuck
{
    private static readonly TimeSpan LongestAcceptDelay = TimeSpan.FromSeconds(1);
    private const int MostLostSyns = 3;

    private int _lostSyns;

    /// <summary>The answer, when it is a refusal by chance.</summary>
    internal SocketError? Refusal { get; private init; }

    internal TimeSpan AcceptDelay { get; private init; }

    internal static ConnectLuck Draw(FaultMix mix, SeededRandom random) => mix.IsNone ? new() : new()
    {
        Refusal = random.Chance(mix[FaultKind.Refuse]) ? SocketError.ConnectionRefused
            : random.Chance(mix[FaultKind.Unreachable]) ? SocketError.HostUnreachable
            : null,
        AcceptDelay = random.Chance(mix[FaultKind.AcceptDelay]) ? random.Next(LongestAcceptDelay) : TimeSpan.Zero,
        _lostSyns = random.Chance(mix[FaultKind.LostSyn]) ? random.Next(1, MostLostSyns) : 0,
    };

    internal static SocketError DrawDns(World world, SimulatedHost host)
    {
        var ratio = world.Faults[FaultKind.DnsFailure];
        return ratio > 0 && host.DnsRandom.Chance(ratio)
            ? host.DnsRandom.Chance(0.5) ? SocketError.HostNotFound : SocketError.TryAgain
            : SocketError.Success;
    }

    internal bool LosesSyn() => _lostSyns-- > 0;
}
