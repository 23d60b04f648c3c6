using System.Globalization;

namespace Zocalo.Tests.Messaging;

/// <summary>
/// Memory on the peer's word: WatsonTcp and CVE-2026-45416 took a buffer of the length that a peer claimed. Here many peers claim the
/// greatest length that is allowed, and send nothing else, to a server in a process of its own.
/// </summary>
public sealed class ClaimedLengthTests
{
    // One segment, and some 400 bytes that the network in memory keeps for bytes under way. Over real sockets tests/interop/claims.py
    // weighs it, against 4 KiB.
    private const int MostPerPeer = 5000;

    private static readonly TimeSpan Cap = TimeSpan.FromMinutes(2);     // a machine may be busy

    [Fact]
    public async Task Ten_thousand_peers_that_claim_the_limit_and_send_nothing_cost_one_small_buffer_each()
    {
        var output = await TestProgram.RunAsync("Claims", Cap, new Dictionary<string, string?>());
        Assert.InRange(int.Parse(output, CultureInfo.InvariantCulture), 1, MostPerPeer);
    }
}
