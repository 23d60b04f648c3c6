using System.Text;
using Zocalo.Testing;

namespace Zocalo.Tests.Messaging.Directory;

public sealed class EventTests
{
    private readonly PeerDirectory<string> _directory = new();
    private readonly Events _events;

    public EventTests() => _events = new Events(_directory);

    [Fact]
    public async Task A_peer_that_finishes_goes_offline_PeerFinished()
    {
        await using var login = await BindAsync();
        await login.Client.CompleteOutputAsync();
        await Task.WhenAll(login.ServeAsync(), login.Client.CloseAsync()).WaitAsync(Login.Cap);
        Assert.Equal("ana offline PeerFinished", await _events.NextAsync());
    }

    [Fact]
    public async Task A_peer_that_aborts_goes_offline_Reset()
    {
        await using var login = await BindAsync();
        login.Client.Abort();
        await login.ServeAsync();
        Assert.Equal("ana offline Reset", await _events.NextAsync());
    }

    [Theory]
    [InlineData("xxxxxyyyyy", "ProtocolError")]
    [InlineData("00009half", "Truncated")]
    public async Task A_peer_that_breaks_the_format_goes_offline_with_that_reason(string sent, string reason)
    {
        await using var login = await BindAsync(Frames.DigitsPrefixed(5));
        await login.Client.SendAsync(Encoding.ASCII.GetBytes(sent));
        await login.Client.CompleteOutputAsync();
        await Task.WhenAll(login.ServeAsync(), login.Client.CloseAsync()).WaitAsync(Login.Cap);
        Assert.Equal($"ana offline {reason}", await _events.NextAsync());
    }

    [Fact]
    public async Task A_handler_that_fails_and_a_server_that_stops_show_as_their_own_reasons()
    {
        var engine = SimulatedHost.OnThreadPool();
        var server = await SocketServer.StartAsync(
            ":5346",
            Login.Format,
            async (peer, ct) =>
            {
                await foreach (var frame in peer.ReadAllAsync(ct))
                {
                    var text = Encoding.UTF8.GetString(frame.Span);
                    if (text == "fail")
                    {
                        throw new NotSupportedException("the test's own");
                    }
                    _directory.Bind(text, peer);
                }
            },
            new() { Engine = engine });
        await using var fails = await Connector.ConnectAsync(server.LocalAddress, Login.Format, new() { Engine = engine });
        await fails.SendAsync("fails"u8.ToArray());
        Assert.Equal("fails online", await _events.NextAsync());
        await fails.SendAsync("fail"u8.ToArray());
        Assert.Equal("fails offline HandlerFailed", await _events.NextAsync());

        await using var stays = await Connector.ConnectAsync(server.LocalAddress, Login.Format, new() { Engine = engine });
        await stays.SendAsync("stays"u8.ToArray());
        Assert.Equal("stays online", await _events.NextAsync());
        var stopping = server.StopAsync();
        Assert.False(await stays.WaitToReadAsync().AsTask().WaitAsync(Login.Cap));
        await stays.CloseAsync().WaitAsync(Login.Cap);
        await stopping.WaitAsync(Login.Cap);
        Assert.Equal("stays offline Drained", await _events.NextAsync());
    }

    [Fact]
    public async Task A_handler_that_throws_harms_neither_the_directory_nor_the_other_handlers()
    {
        var directory = new PeerDirectory<string>();
        directory.Online += static (_, _) => throw new NotSupportedException("the test's own");
        directory.Offline += static (_, _) => throw new NotSupportedException("the test's own");
        var events = new Events(directory);
        await using var first = new Login();
        await using var second = new Login();
        directory.Bind("ana", first.Peer);
        directory.Bind("ana", second.Peer);
        second.Peer.Abort();
        Assert.Equal(
            ["ana online", "ana offline Replaced", "ana online", "ana offline Aborted"],
            [await events.NextAsync(), await events.NextAsync(), await events.NextAsync(), await events.NextAsync()]);
        Assert.Empty(directory);
    }

    [Fact]
    public async Task What_a_handler_changes_is_told_after_it_has_returned()
    {
        var inside = 0;
        var nested = 0;
        var directory = new PeerDirectory<string>();
        directory.Online += (_, change) =>
        {
            inside++;
            directory.Group("all").Join(change.Key);
            directory.Unbind(change.Key, change.Peer);
            Assert.Empty(directory);
            inside--;
        };
        directory.Offline += (_, _) => nested += inside;
        var events = new Events(directory);
        await using var login = new Login();
        directory.Bind("ana", login.Peer);
        Assert.Equal(["ana online", "ana offline by itself"], [await events.NextAsync(), await events.NextAsync()]);
        Assert.Equal(0, nested);
        Assert.Equal(0, directory.Group("all").Count);
    }

    [Fact]
    public async Task A_handler_that_blocks_holds_up_no_reader_and_no_writer()
    {
        using var entered = new ManualResetEventSlim();
        using var release = new ManualResetEventSlim();
        var directory = new PeerDirectory<string>();
        directory.Online += (_, change) =>
        {
            if (change.Key == "slow")
            {
                entered.Set();
                release.Wait(Login.Cap);
            }
        };
        var events = new Events(directory);
        await using var slow = new Login();
        await using var second = new Login();
        var binding = Task.Run(() => directory.Bind("slow", slow.Peer));
        Assert.True(entered.Wait(Login.Cap));
        // The same key, so the same order of events: the login itself does not wait for it.
        await Task.Run(() => directory.Bind("slow", second.Peer)).WaitAsync(Login.Cap);
        Assert.True(directory.TryGet("slow", out var found));
        Assert.Same(second.Peer, found);
        Assert.True(directory.TrySend("slow", new byte[1]));
        Assert.Single(directory);
        Assert.True(events.IsEmpty);
        Assert.False(binding.IsCompleted);
        release.Set();
        await binding.WaitAsync(Login.Cap);
        Assert.Equal(
            ["slow online", "slow offline Replaced", "slow online"],
            [await events.NextAsync(), await events.NextAsync(), await events.NextAsync()]);
    }

    private async Task<Login> BindAsync(FrameFormat? format = null)
    {
        var login = new Login(format: format);
        _directory.Bind("ana", login.Peer);
        Assert.Equal("ana online", await _events.NextAsync());
        return login;
    }
}
