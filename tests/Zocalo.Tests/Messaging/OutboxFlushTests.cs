using System.Diagnostics;
using Zocalo.Engines;
using Zocalo.Tests.Connections;

namespace Zocalo.Tests.Messaging;

/// <summary>One send serves all senders, so none may end unseen: whenever its answer comes, and whoever else sends.</summary>
public sealed class OutboxFlushTests
{
    private const int Rounds = 20_000;
    private const int Seed = 20261129;
    private const int LongestSpin = 12;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Every send is answered by another thread around the moment when the outbox looks whether one is in flight. As many rounds as fit
    /// into <see cref="Enough"/>.
    /// </summary>
    [Fact]
    public void A_send_that_ends_while_the_outbox_looks_at_it_is_seen()
    {
        var socket = new ScriptedSocket();
        var (sends, answers, stop) = (0L, 0L, false);
        socket.OnSend = _ =>
        {
            Interlocked.Increment(ref sends);
            return IoResult.Pending;
        };
        var connection = socket.Connect(new() { SendHighWaterMark = 1 });
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
                for (var spin = new SpinWait();
                    socket.Sent < 8L * round || Volatile.Read(ref answers) < Volatile.Read(ref sends);
                    spin.SpinOnce(sleep1Threshold: -1))
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
                ((IStreamOwner)connection.Core).OnSent(IoResult.Done(0));
                Volatile.Write(ref answers, answers + 1);
            }
        }
    }
}
