namespace Zocalo.Cli.Tests;

/// <summary>The view of <c>zocalo top</c>, column by column.</summary>
public sealed class TopViewTests
{
    private static readonly ServerLine Server = new(1, 4711, "tcp://127.0.0.1:5346", "epoll", 19_936);

    private static readonly SnapshotLine Busy = new(
        UptimeSeconds: 7_260,
        Draining: false,
        new(Queued: 1, Reading: 32, Sending: 3, Working: 2, Closing: 4),
        Accepted: 1_234_567,
        Ended: 1_234_525,
        Rejected: 5,
        Rescues: 6,
        BytesIn: 16_600_000,
        BytesOut: 1_250,
        SendQueue: 306_000,
        OldestSeconds: 90_000,
        new() { ["PeerFinished"] = 1_234_000, ["Reset"] = 525, ["DeadlineExceeded"] = 999_999 },
        new(Accepted: 39.5, Ended: 12_345, BytesIn: 463_210, BytesOut: 0),
        [
            new(14, "tcp://127.0.0.1:52370", "sending", 7, 121_000, 4_390_000, 999),
            new(15, "tcp://[2001:db8:1234:5678:9abc:def0:1234:5678]:52380", "reading", 61, 0, 0, 0),
            new(16, "unix:/run/[red]a-name-that-is-long-and-that-nobody-would-call-a-socket/x.sock", "closing", 3_700, 0, 0, 0),
        ]);

    [Theory]
    [InlineData(80)]
    [InlineData(100)]
    [InlineData(160)]
    public void Nothing_is_wider_than_the_terminal_and_nothing_wraps(int width)
    {
        var lines = Render(width);
        Assert.DoesNotContain(lines, line => line.Length > width);
        Assert.True(lines.Length == 1 + 9 + 1 + 2 + Busy.Peers.Length, string.Join('\n', lines));
    }

    [Theory]
    [InlineData("open", "42")]
    [InlineData("queued", "1")]
    [InlineData("reading", "32")]
    [InlineData("sending", "3")]
    [InlineData("working", "2")]
    [InlineData("closing", "4")]
    [InlineData("limit", "19,936")]
    [InlineData("accepted", "39.5", "1,234,567")]
    [InlineData("ended", "12,345", "1,234,525")]
    [InlineData("in", "463 kB", "16.6 MB")]
    [InlineData("out", "0 B", "1.25 kB")]
    [InlineData("unsent", "306 kB")]
    [InlineData("oldest", "1 d")]
    [InlineData("rejected", "5")]
    [InlineData("PeerFinished", "1.23 M")]
    [InlineData("Reset", "525")]
    [InlineData("rescues", "6")]
    public void A_box_says(params string[] words)
    {
        foreach (var width in new[] { 80, 100 })
        {
            Assert.Contains(Render(width), line => line.Split('│').Any(cell =>
                string.Join(' ', cell.Split(' ', StringSplitOptions.RemoveEmptyEntries)) == string.Join(' ', words)));
        }
    }

    [Fact]
    public void A_peers_address_is_text_and_no_markup()
    {
        var lines = Render(160);
        Assert.Contains(lines, line => line.Contains(" unix:/run/[red]a-name", StringComparison.Ordinal));
        Assert.Contains(Render(80), line => line.Contains("unix:/run/[red]", StringComparison.Ordinal));
    }

    [Fact]
    public void A_low_terminal_shows_fewer_peers() =>
        Assert.Equal(1 + 9 + 1 + 2 + 1, Lines(TopView.Render(Server, Busy, new(100, 15), hasColour: false)).Length);

    [Fact]
    public void A_server_that_drains_says_so_and_one_without_rates_has_none()
    {
        var (server, now) = (Server with { MaxConnections = null }, Busy with { Draining = true, PerSecond = null });
        var view = TopView.Render(server, now, new(100, 30), hasColour: false);
        Assert.Contains("pid 4711  draining", view, StringComparison.Ordinal);
        Assert.Contains("│ limit         none │", view, StringComparison.Ordinal);
        Assert.DoesNotContain("39.5", view, StringComparison.Ordinal);
    }

    [Fact]
    public void There_are_escapes_only_where_colour_is_wanted()
    {
        Assert.DoesNotContain('\e', TopView.Render(Server, Busy, new(100, 30), hasColour: false));
        Assert.Contains("\e[", TopView.Render(Server, Busy, new(100, 30), hasColour: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, "0 B")]
    [InlineData(999, "999 B")]
    [InlineData(1_000, "1.00 kB")]
    [InlineData(12_345, "12.3 kB")]
    [InlineData(999_499, "999 kB")]
    [InlineData(999_500, "1.00 MB")]
    [InlineData(9.3e18, "9.30 EB")]
    public void A_size_has_three_digits(double bytes, string text) => Assert.Equal(text, TopView.Size(bytes));

    [Theory]
    [InlineData(9_999_999, "9,999,999")]
    [InlineData(10_000_000, "10.0 M")]
    public void A_count_that_is_too_long_is_rounded(long count, string text) => Assert.Equal(text, TopView.Count(count));

    [Theory]
    [InlineData(0.9, "0 s")]
    [InlineData(59.9, "59 s")]
    [InlineData(60, "1 min")]
    [InlineData(3_660, "1 h 01")]
    [InlineData(86_400, "1 d")]
    public void An_age_is_short(double seconds, string text) => Assert.Equal(text, TopView.Age(seconds));

    private static string[] Render(int width) => Lines(TopView.Render(Server, Busy, new(width, 30), hasColour: false));

    private static string[] Lines(string view) => view.TrimEnd('\n').Split('\n');
}
