using Zocalo.Testing;

namespace Zocalo.Tests.Testing.Faults;

/// <summary>Each kind, drawn for every connection: it happens, and the trace says so.</summary>
public class FaultKindTests
{
    /// <summary>What the trace shows of each kind.</summary>
    private static readonly Dictionary<FaultKind, string> Signs = new()
    {
        [FaultKind.ShortRead] = "is read in short pieces",
        [FaultKind.Split] = "is split into",
        [FaultKind.Coalesce] = "coalesces",
        [FaultKind.Dribble] = "dribbles",
        [FaultKind.Delay] = "is delayed",
        [FaultKind.Stall] = "stalls",
        [FaultKind.ZeroWindow] = "has no window",
        [FaultKind.SlowReader] = "is read at",
        [FaultKind.Reset] = "is reset",
        [FaultKind.LostFin] = "will lose its FIN",
        [FaultKind.SilentDeath] = "dies in silence",
        [FaultKind.HalfOpen] = "is forgotten by",
        [FaultKind.NoBuffersOnSend] = "has no buffer",
        [FaultKind.Refuse] = "not connected: ConnectionRefused",
        [FaultKind.Unreachable] = "not connected: HostUnreachable",
        [FaultKind.LostSyn] = "draws LostSyn",
        [FaultKind.AcceptDelay] = "draws AcceptDelay",
        [FaultKind.DnsFailure] = "does not resolve",
        [FaultKind.NoDescriptors] = "fails: TooManyOpenSockets",
        [FaultKind.NoBuffersOnAccept] = "fails: NoBufferSpaceAvailable",
        [FaultKind.AbortedOnAccept] = "fails: ConnectionAborted",
        [FaultKind.BacklogOverflow] = "the backlog is full",
        [FaultKind.Partition] = "is down",
        [FaultKind.OneWayPartition] = "is down",
        [FaultKind.LinkFlap] = "is down",
        [FaultKind.Loss] = "draws Loss",
        [FaultKind.ClockJump] = "jumps by",
        [FaultKind.HostCrash] = "crashes",
    };

    public static TheoryData<FaultKind> Kinds => [.. Enum.GetValues<FaultKind>()];

    [Theory(Timeout = 2 * Duo.Cap)]
    [MemberData(nameof(Kinds))]
    public async Task It_is_drawn_and_shows_and_everything_ends(FaultKind kind)
    {
        var shown = 0;
        await Explore.Seeds(10, async net =>
        {
            net.Faults = FaultMix.None.With(kind, 1);
            await RunAsync(net);
            Assert.InRange(net.FaultsDrawn[kind], 1, 100);
            Assert.Equal(net.FaultsDrawn[kind], net.FaultsDrawn.Values.Sum());
            if (net.Trace.ToString().Contains(Signs[kind], StringComparison.Ordinal))
            {
                Interlocked.Increment(ref shown);
            }
        });
        Assert.InRange(shown, 3, 10);
    }

    [Fact(Timeout = Duo.Cap)]
    public async Task Without_faults_none_of_it_shows()
    {
        await using var net = new SimulatedNetwork(1);
        await RunAsync(net);
        var trace = net.Trace.ToString();
        Assert.All(Signs.Values, sign => Assert.DoesNotContain(sign, trace, StringComparison.Ordinal));
        Assert.DoesNotContain("fault", trace, StringComparison.Ordinal);
    }

    /// <summary>Three clients at the same time, for half a minute: all kinds of end are right, but there must be one.</summary>
    private static async Task RunAsync(SimulatedNetwork net)
    {
        var options = new ConnectionOptions
        {
            KeepAliveTime = TimeSpan.FromSeconds(10),
            WriteStallTimeout = TimeSpan.FromSeconds(30),
            CloseTimeout = TimeSpan.FromSeconds(30),
        };
        var server = await StartAsync();
        net.Host("b").Restarted += async () => server = await StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 3).Select(async i =>
        {
            await Task.Delay(TimeSpan.FromMilliseconds(10 * i), net.Time);
            try
            {
                await TalkAsync();
            }
            catch (IOException)
            {
                // of the fault
            }
            catch (TimeoutException)
            {
                // of the fault
            }
        }));
        await server.DisposeAsync();
        await Task.Delay(TimeSpan.FromMinutes(5), net.Time);

        async Task TalkAsync()
        {
            await using var client = await Connector.ConnectAsync("tcp://b:7000", new() { Engine = net.Host("a"), Connection = options });
            for (var round = 0; round < 25; round++)
            {
                await client.SendAsync(new byte[1000]);
                await Duo.Read(client, 1000);
                await Task.Delay(TimeSpan.FromSeconds(1), net.Time);
            }
        }

        Task<SocketServer> StartAsync() => SocketServer.StartAsync(
            "*:7000", (connection, ct) =>
                connection.Input.CopyToAsync(connection.Output, ct), new() { Engine = net.Host("b"), Connection = options });
    }
}
