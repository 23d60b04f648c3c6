using System.Buffers;
using System.Reflection;
using Zocalo.Buffers;
using Zocalo.Engines;

namespace Zocalo.Contract.Harness;

/// <summary>What the noisy rows rely on: a row whose pauses are lost somewhere would be green for ever.</summary>
public sealed class NoiseTests
{
    private const int Many = 100_000;
    private const BindingFlags Members = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    [Fact]
    public void The_same_seed_draws_the_same_pauses()
    {
        var (noise, same, other) = (new Noise(1), new Noise(1), new Noise(2));
        var drawn = Draw(noise);
        Assert.Equal(drawn, Draw(same));
        Assert.NotEqual(drawn, Draw(other));
        Assert.Equal(Draw(noise.Split()), Draw(same.Split()));
        Assert.NotEqual(Draw(noise.Split()), Draw(noise.Split()));

        static (Noise.Kind, int)[] Draw(Noise noise) => [.. Enumerable.Range(0, 1000).Select(_ => noise.Draw())];
    }

    [Fact]
    public void It_mostly_does_not_pause_often_yields_sometimes_spins_and_rarely_sleeps()
    {
        var noise = new Noise(1);
        var kinds = Enumerable.Range(0, Many).Select(_ => noise.Draw()).ToLookup(drawn => drawn.Kind, drawn => drawn.Length);
        Assert.InRange(kinds[Noise.Kind.None].Count(), Many / 2, Many);
        Assert.InRange(kinds[Noise.Kind.Yield].Count(), Many / 5, Many / 3);
        Assert.InRange(kinds[Noise.Kind.Spin].Count(), Many / 25, Many / 10);
        Assert.InRange(kinds[Noise.Kind.Sleep].Count(), Many / 200, Many / 100);
        Assert.Equal(Enumerable.Range(1, 50), kinds[Noise.Kind.Spin].Distinct().Order());
        Assert.Equal([0, 1], kinds[Noise.Kind.Sleep].Distinct().Order());
    }

    [Fact]
    public void Every_call_passes_once_between_two_pauses()
    {
        var (noise, real, owner) = (new Noise(1), new RealDouble(), new OwnerDouble());
        StreamSocket noisy = new NoisySocket(real, noise);
        noisy.Attach(owner);
        Dictionary<string, Action> calls = new()
        {
            ["Receive"] = () => noisy.Receive(new()),
            ["Send"] = () => noisy.Send(default),
            ["TrySend"] = () => noisy.TrySend(default),
            ["FinishOutput"] = () => noisy.FinishOutput(),
            ["Abort"] = noisy.Abort,
            ["Close"] = noisy.Close,
            ["Post"] = () => noisy.Scheduler.Post(owner),
            ["FinishReceive"] = noisy.FinishReceive,
            ["Unacknowledged"] = () => _ = noisy.Unacknowledged,
            ["Peer"] = () => _ = noisy.Peer,
            ["Unreceived"] = () => _ = noisy.Unreceived,
            ["FindsStalls"] = () => _ = noisy.FindsStalls,
            ["WatchPeer"] = () => _ = noisy.WatchPeer(),
            ["OnReceived"] = () => real.Owner.OnReceived(default),
            ["OnSent"] = () => real.Owner.OnSent(default),
            ["OnOutputFinished"] = () => real.Owner.OnOutputFinished(default),
            ["OnPeerLeft"] = () => real.Owner.OnPeerLeft(),
        };
        foreach (var (name, call) in calls)
        {
            var before = noise.Draws;
            call();
            Assert.Equal((name, 2ul), (string.Join(' ', real.Calls.Concat(owner.Calls)), noise.Draws - before));
            real.Calls.Clear();
            owner.Calls.Clear();
        }
        var posted = noise.Draws;
        real.Posted!.Execute();
        Assert.Equal(("Execute", 1ul), (Assert.Single(owner.Calls), noise.Draws - posted));
    }

    [Theory]
    [InlineData(typeof(NoisyEngine))]
    [InlineData(typeof(NoisySocket))]
    [InlineData(typeof(NoisyScheduler))]
    public void Nothing_that_an_engine_may_do_its_own_way_is_done_in_the_usual_way_instead(Type type) =>
        Assert.DoesNotContain(type.GetMethods(Members), method =>
            method.IsVirtual && method.DeclaringType == type.BaseType && method.Name != nameof(ToString));

    [Fact]
    public void Whatever_an_owner_may_hear_is_passed_on()
    {
        var methods = typeof(NoisySocket).GetInterfaceMap(typeof(IStreamOwner)).TargetMethods;
        Assert.All(methods, method => Assert.Equal(typeof(NoisySocket), method.DeclaringType));
    }

    [Fact]
    public async Task Both_ends_of_a_connection_on_a_noisy_row_have_noise()
    {
        foreach (var row in Transports.All.Where(row => row.IsNoisy))
        {
            await using var pair = await row.ConnectAsync();
            Assert.IsType<NoisySocket>(pair.Client.Core.Socket);
            Assert.IsType<NoisySocket>(pair.Server.Core.Socket);
        }
    }

    /// <summary>Notes each call.</summary>
    private sealed class RealDouble : StreamSocket
    {
        private SchedulerDouble? _scheduler;

        internal List<string> Calls { get; } = [];

        internal IThreadPoolWorkItem? Posted { get; private set; }

        internal override Address LocalAddress => throw new NotSupportedException();

        internal override Address RemoteAddress => throw new NotSupportedException();

        internal override EngineScheduler Scheduler => _scheduler ??= new(this);

        internal override long Sent => throw new NotSupportedException();

        internal override int Unacknowledged => Note<int>("Unacknowledged");

        internal override PeerState Peer => Note<PeerState>("Peer");

        internal override int Unreceived => Note<int>("Unreceived");

        internal override bool FindsStalls => Note<bool>("FindsStalls");

        internal override bool WatchPeer() => Note<bool>("WatchPeer");

        internal override IoResult Receive(ReceiveBuffer into) => Note<IoResult>("Receive");

        internal override void FinishReceive() => Calls.Add("FinishReceive");

        internal override IoResult Send(in ReadOnlySequence<byte> bytes) => Note<IoResult>("Send");

        internal override IoResult TrySend(ReadOnlySpan<byte> bytes) => Note<IoResult>("TrySend");

        internal override IoResult FinishOutput() => Note<IoResult>("FinishOutput");

        internal override void Abort() => Calls.Add("Abort");

        internal override void Close() => Calls.Add("Close");

        private T Note<T>(string call) where T : struct
        {
            Calls.Add(call);
            return default;
        }

        private sealed class SchedulerDouble(RealDouble socket) : EngineScheduler
        {
            internal override TimeProvider Time => throw new NotSupportedException();

            internal override void Post(IThreadPoolWorkItem work)
            {
                socket.Calls.Add("Post");
                socket.Posted = work;
            }
        }
    }

    private sealed class OwnerDouble : IStreamOwner, IThreadPoolWorkItem
    {
        internal List<string> Calls { get; } = [];

        public void OnReceived(IoResult result) => Calls.Add("OnReceived");

        public void OnSent(IoResult result) => Calls.Add("OnSent");

        public void OnOutputFinished(IoResult result) => Calls.Add("OnOutputFinished");

        public void OnPeerLeft() => Calls.Add("OnPeerLeft");

        public void Execute() => Calls.Add("Execute");
    }
}
