using DeviceGateway.Fleet;
using DeviceGateway.Protocol;
using Zocalo.Contract.Harness;
using Zocalo.Testing;
using Zocalo.Tests.Guide;

namespace Zocalo.Tests.Samples;

/// <summary>The sample gateway, driven by a fleet without vehicles: most of it on a network in memory, some over TCP. The gateway's handler
/// is the same.</summary>
public class DeviceGatewayTests
{
    private const int InMemory = 200;
    private const int OverTcp = 8;
    private const string Imei = "123456789012345";

    private static readonly byte[] Login = Convert.FromHexString("78780D01012345678901234500018CDD0D0A");
    private static readonly byte[] LoginAcknowledgement = Convert.FromHexString("787805010001D9DC0D0A");
    private static readonly byte[] Heartbeat = Convert.FromHexString("78780A134004040001000FDCEE0D0A");
    private static readonly byte[] HeartbeatAcknowledgement = Convert.FromHexString("78780513000F008F0D0A");

    [Fact]
    public async Task A_fleet_logs_in_reports_and_is_told_what_to_do()
    {
        await using var served = await ServedGateway.StartAsync();
        var fleet = await LogInFleetAsync(served);
        Assert.Equal(fleet.Select(tracker => tracker.Imei), served.Gateway.Trackers.Keys.Order(StringComparer.Ordinal));

        await Task.WhenAll(fleet.Select(ReportAsync)).InTime();
        Assert.All(fleet, tracker => Assert.Equal([10, 20, 30], served.Positions[tracker.Imei].Select(position => position.Speed)));

        var chosen = fleet[117];
        Assert.Equal($"{chosen.Imei}: DYD# OK", await served.Gateway.CommandAsync(chosen.Imei, "DYD#").InTime());
        Assert.All(fleet, tracker => Assert.Equal(tracker == chosen ? 1 : 0, tracker.Commands));

        var replies = await Task.WhenAll(fleet.Select(tracker => served.Gateway.CommandAsync(tracker.Imei, "WHERE#"))).InTime();
        Assert.Equal(fleet.Select(tracker => $"{tracker.Imei}: WHERE# OK"), replies);

        await HangUpAsync(fleet);
        var events = new List<string>();
        while (events.Count < 2 * fleet.Count)
        {
            events.Add(await served.NextEventAsync());
        }
        Assert.Equal(
            fleet.SelectMany(tracker => new[] { $"{tracker.Imei} PeerFinished", $"{tracker.Imei} online" }),
            events.Order(StringComparer.Ordinal));
        Assert.Equal(0, served.Gateway.Trackers.Count);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_second_login_replaces_the_first(bool secondOverTcp)
    {
        await using var served = await ServedGateway.StartAsync();
        await using var first = await served.LogInInMemoryAsync(Imei);
        Assert.True(served.Gateway.Trackers.TryGet(Imei, out var replaced));

        await using var second = await (secondOverTcp ? served.LogInOverTcpAsync(Imei) : served.LogInInMemoryAsync(Imei));
        Assert.Equal(EndReason.Replaced, (await replaced.Closed.InTime()).Reason);
        Assert.Equal(EndReason.Reset, (await first.Closed.InTime()).Reason);
        foreach (var expected in (string[])["online", "Replaced", "online"])
        {
            Assert.Equal($"{Imei} {expected}", await served.NextEventAsync());
        }

        Assert.Equal($"{Imei}: DYD# OK", await served.Gateway.CommandAsync(Imei, "DYD#").InTime());
        Assert.Equal((0, 1, 1), (first.Commands, second.Commands, served.Gateway.Trackers.Count));
    }

    [Fact]
    public async Task A_packet_that_is_cut_off_ends_truncated()
    {
        await using var served = await ServedGateway.StartAsync();
        var tracker = await LogInAsync(served);
        await tracker.SendAsync((byte[])[.. Heartbeat, .. Heartbeat[..^1]]).InTime();
        await tracker.CompleteOutputAsync().InTime();

        Assert.Equal(HeartbeatAcknowledgement, await ReceiveAllAsync(tracker));
        await tracker.CloseAsync().InTime();
        Assert.Equal($"{Imei} online", await served.NextEventAsync());
        Assert.Equal($"{Imei} Truncated", await served.NextEventAsync());
    }

    [Fact]
    public async Task A_wrong_checksum_ends_the_connection_and_what_came_before_is_answered()
    {
        await using var served = await ServedGateway.StartAsync();
        var tracker = await LogInAsync(served);
        byte[] wrong = [.. Heartbeat[..^3], (byte)(Heartbeat[^3] ^ 1), .. Heartbeat[^2..]];
        await tracker.SendAsync((byte[])[.. Heartbeat, .. wrong, .. Heartbeat]).InTime();

        Assert.Equal(HeartbeatAcknowledgement, await ReceiveAllAsync(tracker));
        await tracker.CloseAsync().InTime();
        Assert.Equal($"{Imei} online", await served.NextEventAsync());
        Assert.Equal($"{Imei} ProtocolError", await served.NextEventAsync());
    }

    [Fact]
    public async Task Who_does_not_log_in_first_is_hung_up_on()
    {
        await using var served = await ServedGateway.StartAsync();
        var tracker = await served.ConnectAsync();
        await tracker.SendAsync(Heartbeat).InTime();
        Assert.Empty(await ReceiveAllAsync(tracker));
        await tracker.CloseAsync().InTime();
    }

    [Fact]
    public async Task Who_says_nothing_is_hung_up_on_in_time()
    {
        var time = new FakeTime();
        await using var served = await ServedGateway.StartAsync(time);
        var silent = await served.ConnectAsync();
        var hungUp = ReceiveAllAsync(silent);
        using var cap = new CancellationTokenSource(Patience.Cap);
        while (!hungUp.IsCompleted)
        {
            cap.Token.ThrowIfCancellationRequested();
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }
        Assert.Empty(await hungUp);
        await silent.CloseAsync().InTime();
    }

    [Fact]
    public async Task A_message_of_an_unknown_type_does_no_harm()
    {
        await using var served = await ServedGateway.StartAsync();
        var tracker = await LogInAsync(served);
        await tracker.SendAsync((byte[])[.. Convert.FromHexString("78780594000BC6420D0A"), .. Heartbeat]).InTime();
        await tracker.CompleteOutputAsync().InTime();
        Assert.Equal(HeartbeatAcknowledgement, await ReceiveAllAsync(tracker));
        await tracker.CloseAsync().InTime();
    }

    [Fact]
    public async Task A_command_to_a_tracker_that_is_not_online_fails_at_once()
    {
        await using var served = await ServedGateway.StartAsync();
        await Assert.ThrowsAsync<PeerOfflineException>(() => served.Gateway.CommandAsync(Imei, "DYD#").InTime());
    }

    [Theory]
    [InlineData(Command.GreatestLength + 1, 'x')]
    [InlineData(1, 'ñ')]
    public async Task A_command_that_cannot_be_said_is_refused_and_nothing_is_sent(int length, char letter)
    {
        await using var served = await ServedGateway.StartAsync();
        await using var tracker = await served.LogInInMemoryAsync(Imei);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => served.Gateway.CommandAsync(Imei, new string(letter, length)).InTime());
        var longest = new string('x', Command.GreatestLength);
        Assert.Equal($"{Imei}: {longest} OK", await served.Gateway.CommandAsync(Imei, longest).InTime());
        Assert.Equal(1, tracker.Commands);
    }

    [Fact]
    public async Task The_demonstration_runs_and_ends_by_itself()
    {
        using var program = SampleProcess.Start("DeviceGateway");
        var outcome = await program.EndAsync();
        Assert.Equal(("", 0), (outcome.Errors, outcome.ExitCode));
        var readme = new Chapter(Repository.Path("samples", "DeviceGateway", "README.md"));
        var shown = readme.Blocks.Single(block => block.Lines[0] == "$ dotnet run --project samples/DeviceGateway").Lines.Skip(1).ToList();
        var printed = outcome.Output.Split('\n');
        Assert.Equal(shown.SkipLast(2), printed.SkipLast(2));
        // both hang up at the end: who is seen first is chance
        Assert.Equal(shown.TakeLast(2).Order(StringComparer.Ordinal), printed.TakeLast(2).Order(StringComparer.Ordinal));
    }

    private static async Task<List<SimulatedTracker>> LogInFleetAsync(ServedGateway served)
    {
        var inMemory = Enumerable.Range(0, InMemory).Select(i => served.LogInInMemoryAsync($"35{i:D13}"));
        var overTcp = Enumerable.Range(InMemory, OverTcp).Select(i => served.LogInOverTcpAsync($"35{i:D13}"));
        return [.. await Task.WhenAll(inMemory.Concat(overTcp)).InTime()];
    }

    /// <summary>A connection of bytes, with a login that the gateway has acknowledged.</summary>
    private static async Task<Connection> LogInAsync(ServedGateway served)
    {
        var tracker = await served.ConnectAsync();
        await tracker.SendAsync(Login).InTime();
        var acknowledgement = new byte[LoginAcknowledgement.Length];
        await tracker.Input.AsStream(leaveOpen: true).ReadExactlyAsync(acknowledgement).InTime();
        Assert.Equal(LoginAcknowledgement, acknowledgement);
        return tracker;
    }

    private static async Task ReportAsync(SimulatedTracker tracker)
    {
        foreach (var speed in (byte[])[10, 20, 30])
        {
            await tracker.SendAsync(
                new Position(new(2026, 1, 31, 12, 0, 0, DateTimeKind.Utc), 19.4, -99.1, speed, Course: 0, Satellites: 9));
        }
        await tracker.BeatAsync();      // acknowledged behind the positions
    }

    private static Task HangUpAsync(IEnumerable<SimulatedTracker> fleet) =>
        Task.WhenAll(fleet.Select(tracker => tracker.DisposeAsync().AsTask())).InTime();

    /// <summary>All until the gateway hangs up; a reset fails.</summary>
    private static async Task<byte[]> ReceiveAllAsync(Connection tracker)
    {
        using var received = new MemoryStream();
        await tracker.Input.CopyToAsync(received).InTime();
        return received.ToArray();
    }
}
