using Zocalo.Buffers;
using Zocalo.Engines;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Messaging;

/// <summary>
/// A peer so quick that bytes always wait: a drain, which serves what has arrived, would never come to an end. It stops between two
/// messages once a buffer's worth more has come.
/// </summary>
public sealed class FloodedDrainTests
{
    private const int Limit = 16 * 1024;

    private static readonly FrameFormat Format = Frames.LengthPrefixed(2, maxFrameLength: 1000);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    private readonly byte[] _wire = [.. new byte[] { 997 >> 8, 997 & 0xFF }, .. Enumerable.Range(0, 997).Select(i => (byte)i)];
    private long _flooded;

    public static TheoryData<string, Protocol<Frame, Frame>> Protocols => new()
    {
        { "without replies", Protocol.Of(Format) },
        { "with replies", Protocol.Of(Format).WithRepliesInOrder(static _ => false) },
    };

    [Theory]
    [MemberData(nameof(Protocols), DisableDiscoveryEnumeration = true)]
    public async Task A_drain_ends_with_a_peer_that_never_pauses(string name, Protocol<Frame, Frame> protocol)
    {
        Assert.NotEmpty(name);
        var connection = new ScriptedSocket { OnReceive = Flood }.Connect(new() { ReceiveLimit = Limit });
        var peer = connection.AsFramed(protocol);
        await Task.Run(() => ReadToTheEndAsync(peer)).WaitAsync(Cap);
        peer.Abort();
    }

    private async Task ReadToTheEndAsync(FramedConnection<Frame, Frame> peer)
    {
        long before = 0;
        var read = 0;
        await foreach (var frame in peer.ReadAllAsync())
        {
            Assert.Equal(_wire[2..], frame.ToArray());
            if (++read == 10)
            {
                peer.Connection.Core.Drain();
                before = Volatile.Read(ref _flooded);
            }
            Assert.InRange(Volatile.Read(ref _flooded) - before, 0, 20 * Limit);        // for ever, without a wait: this ends it
        }
        Assert.InRange(read, 10, 20 * Limit);
    }

    /// <summary>Whole messages and parts of some, all that there is room for.</summary>
    private IoResult Flood(ReceiveBuffer into)
    {
        var room = into.Reserve().Span;
        for (var i = 0; i < room.Length; i++)
        {
            room[i] = _wire[(_flooded + i) % _wire.Length];
        }
        Volatile.Write(ref _flooded, _flooded + room.Length);
        return IoResult.Done(room.Length);
    }
}
