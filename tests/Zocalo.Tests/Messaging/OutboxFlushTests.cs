using System.Buffers;
using System.Diagnostics;
using Zocalo.Engines;
using Zocalo.Messaging;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Messaging;

/// <summary>One flush serves all senders, so none may end unseen: whenever its answer comes, and whoever else flushes.</summary>
public sealed class OutboxFlushTests
{
    private const int Rounds = 20_000;
    private const int Seed = 20261129;
    private const int LongestSpin = 12;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Every flush waits for its send, and is answered by another thread around the moment when the outbox looks whether it has ended. As many rounds as fit into
    /// <see cref="Enough"/>.
    /// </summary>
    [Fact]
    public void A_flush_that_ends_before_the_outbox_looks_at_it_is_seen()
    {
        var channel = new ScriptedChannel();
        var (sends, answers, stop) = (0L, 0L, false);
        channel.OnSend = _ =>
        {
            Interlocked.Increment(ref sends);
            return IoResult.Pending;
        };
        var connection = channel.Connect(new() { SendHighWaterMark = 1 });
        var framed = connection.AsFramed(Frames.LengthPrefixed());
        var answering = new Thread(Answer) { IsBackground = true };
        answering.Start();
        var (message, started) = (new byte[4], Stopwatch.GetTimestamp());
        try
        {
            for (var round = 1; round <= Rounds && Stopwatch.GetElapsedTime(started) < Enough; round++)
            {
                var sending = framed.SendAsync(message).AsTask();
                if (!sending.IsCompletedSuccessfully)
                {
                    Assert.Fail($"seed {Seed}, round {round}: {sending.Exception}");
                }
                for (var spin = new SpinWait(); channel.BytesTaken < 8L * round || Volatile.Read(ref answers) < Volatile.Read(ref sends); spin.SpinOnce(sleep1Threshold: -1))
                {
                    if (Stopwatch.GetElapsedTime(started) > Cap)
                    {
                        Assert.Fail($"seed {Seed}, round {round}: accepted, and not sent");
                    }
                }
            }
        }
        finally
        {
            Volatile.Write(ref stop, true);
            Assert.True(answering.Join(Cap), "the answering thread goes on");
            connection.Abort();
        }

        void Answer()
        {
            var random = new Random(Seed);
            while (!Volatile.Read(ref stop))
            {
                if (Volatile.Read(ref sends) == answers)
                {
                    continue;
                }
                Thread.SpinWait(random.Next(LongestSpin));
                ((IChannelOwner)connection.Core).OnSent(IoResult.Done(0));
                Volatile.Write(ref answers, answers + 1);
            }
        }
    }

    /// <summary>The same without chance: the flush has ended when the outbox looks.</summary>
    [Fact]
    public async Task A_flush_that_has_waited_and_is_over_is_taken()
    {
        var channel = new ScriptedChannel { OnSend = static _ => IoResult.Pending };
        var connection = channel.Connect(new() { SendHighWaterMark = 1 });
        var (core, outbox) = (connection.Core, new Outbox(connection.Core, Frames.LengthPrefixed(), new()));
        core.Output.Write(new byte[1]);
        var flush = core.Output.FlushAsync(connection, default, whileWriting: true);
        Assert.False(flush.IsCompleted);
        ((IChannelOwner)core).OnSent(IoResult.Done(0));
        Assert.True(flush.IsCompleted);
        Assert.False(outbox.GoesOn(flush, connection));

        core.Output.CheckIdle();
        await outbox.SendAsync(new(new byte[1]), connection, default).AsTask().WaitAsync(Cap);
        Assert.Equal(1 + 5, channel.BytesTaken);
        Assert.Null(core.Cause);
        connection.Abort();
    }

    /// <summary>Nobody would flush any more: that is not kept a secret.</summary>
    [Fact]
    public async Task A_flush_that_cannot_be_made_breaks_the_connection()
    {
        var channel = new ScriptedChannel { OnSend = static _ => IoResult.Pending };
        var connection = channel.Connect(new() { SendHighWaterMark = 1 });
        var framed = connection.AsFramed(Frames.LengthPrefixed());
        var foreign = connection.Core.Output.WriteAsync(new byte[1], connection, default).AsTask();     // somebody flushes behind the outbox's back
        channel.OnAbort = () => _ = Task.Run(() => ((IChannelOwner)connection.Core).OnSent(IoResult.Failed(System.Net.Sockets.SocketError.OperationAborted)));
        var error = await Assert.ThrowsAsync<ConnectionException>(() => framed.SendAsync(new byte[1]).AsTask().WaitAsync(Cap));
        Assert.Contains("Another flush", error.ToString(), StringComparison.Ordinal);
        var end = await framed.Closed.WaitAsync(Cap);
        Assert.Equal(EndReason.Aborted, end.Reason);
        Assert.IsType<InvalidOperationException>(end.Exception);
        await Assert.ThrowsAsync<ConnectionException>(() => foreign.WaitAsync(Cap));
    }
}
