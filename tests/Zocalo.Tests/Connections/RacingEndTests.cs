using System.Diagnostics;
using Zocalo.Connections;
using Zocalo.Engines;

namespace Zocalo.Tests.Connections;

/// <summary>
/// Two threads meet at the same connection at the same moment, each time a little earlier or later: neither overlooks what the other did.
/// As many rounds as fit into <see cref="Enough"/>: what an idle machine finds in a tenth of it may need it all on a busy one.
/// </summary>
public sealed class RacingEndTests
{
    private const int Rounds = 20_000;
    private const int Seed = 20261129;
    private const int LongestSpin = 30;

    private static readonly TimeSpan Enough = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Fact]
    public void Who_takes_a_connection_over_while_it_breaks_is_told_or_refused() =>
        Race(connection => connection.Abort(), owner => owner.Breaks);

    [Fact]
    public void Who_takes_a_connection_over_while_it_closes_is_told_or_refused() =>
        Race(connection => connection.Core.Close(), owner => owner.Closes);

    [Fact]
    public void Of_two_halves_that_end_at_once_one_ends_the_connection()
    {
        Connection connection = null!;
        Meet(
            () =>
            {
                connection = new ScriptedSocket().Connect();
                _ = connection.Input.ReadAsync().AsTask();
            },
            () => ((IStreamOwner)connection.Core).OnReceived(IoResult.Done(0)),
            () => connection.Core.Write.Complete(),
            round =>
            {
                if (!connection.Core.HasEnded)
                {
                    Assert.Fail($"seed {Seed}, round {round}: both halves have ended, and nobody ended the connection");
                }
            });
    }

    private static void Race(Action<Connection> end, Func<Owner, int> told)
    {
        var (connection, owner, isRefused) = ((Connection)null!, new Owner(), false);
        Meet(
            () => (connection, owner, isRefused) =
                (new ScriptedSocket { OnReceive = static _ => IoResult.Done(0) }.Connect(), new Owner(), false),
            () =>
            {
                try
                {
                    connection.Core.BeginFraming(owner);
                }
                catch (Exception error) when (error is ConnectionException or ObjectDisposedException)
                {
                    isRefused = true;
                }
            },
            () => end(connection),
            round =>
            {
                if (!isRefused && told(owner) == 0)
                {
                    Assert.Fail($"seed {Seed}, round {round}: the connection was handed over, and its owner does not hear of its end");
                }
                connection.Abort();
            });
    }

    /// <summary>Runs <paramref name="one"/> and <paramref name="other"/> at the same time, each after a short random while.</summary>
    private static void Meet(Action prepare, Action one, Action other, Action<int> check)
    {
        var random = new Random(Seed);
        var (mine, its, isOver) = (0, 0, false);
        var (begun, done) = (0, 0);
        var started = Stopwatch.GetTimestamp();
        Task? beside = null;
        beside = Task.Factory.StartNew(
            () =>
            {
                for (var round = 1; ; round++)
                {
                    Await(ref begun, round);
                    if (isOver)
                    {
                        return;
                    }
                    Thread.SpinWait(its);
                    other();
                    Volatile.Write(ref done, round);
                }
            },
            TaskCreationOptions.LongRunning);
        var rounds = 0;
        while (rounds < Rounds && Stopwatch.GetElapsedTime(started) < Enough)
        {
            prepare();
            (mine, its) = (random.Next(LongestSpin), random.Next(LongestSpin));
            Volatile.Write(ref begun, ++rounds);
            Thread.SpinWait(mine);
            one();
            Await(ref done, rounds);
            check(rounds);
        }
        isOver = true;
        Volatile.Write(ref begun, rounds + 1);
        Assert.True(beside.Wait(Cap), "the other thread goes on");

        void Await(ref int counter, int round)
        {
            var since = Stopwatch.GetTimestamp();
            for (var spin = new SpinWait(); Volatile.Read(ref counter) < round; spin.SpinOnce(sleep1Threshold: -1))
            {
                if (Stopwatch.GetElapsedTime(since) > Cap)
                {
                    Assert.Fail($"seed {Seed}, round {round}: the other thread does not come: {beside?.Exception}");
                }
            }
        }
    }

    private sealed class Owner : IMessageOwner
    {
        internal int Closes;
        internal int Breaks;

        public void OnClosing() => Interlocked.Increment(ref Closes);

        public void OnBroken() => Interlocked.Increment(ref Breaks);

        public void Execute()
        {
        }

        public IReadOnlyList<IThreadPoolWorkItem>? WriteWaiting() => null;
    }
}
