using System.Globalization;
using System.Net.Sockets;

namespace Zocalo.Tests.Connections;

/// <summary>The kernel's own watchmen are set on both ends: on the connecting one by us, on the accepted one by inheritance from the
/// listener.</summary>
public sealed class SocketOptionTests
{
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    public static bool IsLinux => OperatingSystem.IsLinux();

    [Theory(SkipUnless = nameof(IsLinux), Skip = "TCP_USER_TIMEOUT: Linux only.")]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_peer_that_takes_nothing_ends_the_connection_Unresponsive_after_the_write_stall_timeout(bool atTheServer)
    {
        var impatient = new ConnectionOptions { WriteStallTimeout = TimeSpan.FromSeconds(1) };
        await using var listener = await Listener.ListenAsync(":0", new() { Connection = impatient });
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Connection = impatient });
        var server = await listener.AcceptAsync();
        var (sender, sleeper) = atTheServer ? (server, client) : (client, server);
        var error = await Assert.ThrowsAsync<ConnectionException>(() => SendForEverAsync(sender).WaitAsync(Cap));
        Assert.Equal((EndReason.Unresponsive, SocketError.TimedOut), (error.Reason, error.SocketError));
        var end = await sender.CloseAsync().WaitAsync(Cap);
        Assert.Equal((EndReason.Unresponsive, DirectionEnd.Broken), (end.Reason, end.Output));
        sleeper.Abort();
    }

    [Fact(SkipUnless = nameof(IsLinux), Skip = "/proc/net/tcp: Linux only.")]
    public async Task Keep_alive_is_on_at_both_ends_unless_it_is_turned_off()
    {
        var off = new ConnectionOptions { KeepAliveTime = Timeout.InfiniteTimeSpan };
        Assert.Equal((2, 2), await CountKeepAliveAsync(ConnectionOptions.Default));
        Assert.Equal((2, 0), await CountKeepAliveAsync(off));
    }

    [Fact]
    public void Sizes_that_cannot_be_are_refused_by_name()
    {
        Assert.StartsWith(
            "SendBufferSize is 10 bytes; it must be at least 4096.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new ConnectionOptions { SendBufferSize = 10 }).Message,
            StringComparison.Ordinal);
        Assert.StartsWith(
            "ReceiveBufferSize is 10 bytes; it must be at least 4096.",
            Assert.Throws<ArgumentOutOfRangeException>(() => new ConnectionOptions { ReceiveBufferSize = 10 }).Message,
            StringComparison.Ordinal);
    }

    private const int MostReads = 100;

    private static async Task SendForEverAsync(Connection connection)
    {
        var bytes = new byte[64 * 1024];
        while (true)
        {
            await connection.SendAsync(bytes);
        }
    }

    /// <returns>The ends of one connection, and those of them with a keep-alive timer: proc_net_tcp(5), timer_active 2.</returns>
    private static async Task<(int Ends, int KeptAlive)> CountKeepAliveAsync(ConnectionOptions options)
    {
        await using var listener = await Listener.ListenAsync(":0", new() { Connection = options });
        var client = await Connector.ConnectAsync(listener.LocalAddress, new() { Connection = options });
        var server = await listener.AcceptAsync();
        string[] ports = [Port(client.LocalAddress), Port(listener.LocalAddress)];
        List<string[]> ends;
        var reads = 0;
        do
        {
            ends = File.ReadLines("/proc/net/tcp")
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
                .Where(fields => fields[1][^5..] != fields[2][^5..] && ports.Contains(fields[1][^5..]) && ports.Contains(fields[2][^5..]))
                .ToList();
        }
        while (ends.Count != 2 && ++reads < MostReads);      // it comes in pieces, while other tests' sockets come and go
        await Task.WhenAll(client.CloseAsync(), server.CloseAsync()).WaitAsync(Cap);
        return (ends.Count, ends.Count(fields => fields[5].StartsWith("02:", StringComparison.Ordinal)));
    }

    private static string Port(Address address) => ":" + ((TcpAddress)address).Port.ToString("X4", CultureInfo.InvariantCulture);
}
