namespace Zocalo.Tests.Messaging.Directory;

public sealed class BindingTests
{
    private readonly PeerDirectory<string> _directory = new();

    [Fact]
    public async Task A_bound_peer_is_found_by_its_key_until_its_connection_ends()
    {
        var events = new Events(_directory);
        await using var login = new Login();
        Assert.False(_directory.TryGet("ana", out _));
        _directory.Bind("ana", login.Peer);
        Assert.True(_directory.TryGet("ana", out var found));
        Assert.Same(login.Peer, found);
        Assert.Equal(1, _directory.Count);
        Assert.Equal("ana online", await events.NextAsync());
        login.Peer.Abort();
        Assert.Equal("ana offline Aborted", await events.NextAsync());
        Assert.False(_directory.TryGet("ana", out _));
        Assert.Equal(0, _directory.Count);
        Assert.Empty(_directory);
    }

    [Fact]
    public async Task A_second_login_replaces_the_first_which_ends_Replaced()
    {
        var events = new Events(_directory);
        await using var first = new Login();
        await using var second = new Login();
        _directory.Bind("ana", first.Peer);
        _directory.Bind("ana", second.Peer);
        Assert.True(_directory.TryGet("ana", out var found));
        Assert.Same(second.Peer, found);
        Assert.Equal(1, _directory.Count);
        Assert.Equal(EndReason.Replaced, (await first.Peer.Closed.WaitAsync(Login.Cap)).Reason);
        Assert.Equal(
            ["ana online", "ana offline Replaced", "ana online"],
            [await events.NextAsync(), await events.NextAsync(), await events.NextAsync()]);
        var error = await Assert.ThrowsAsync<ConnectionException>(async () => await first.Peer.SendAsync(new byte[1]));
        Assert.Equal(EndReason.Replaced, error.Reason);
    }

    [Fact]
    public async Task The_end_of_a_replaced_connection_leaves_its_successor_alone()
    {
        var events = new Events(_directory);
        await using var first = new Login();
        await using var second = new Login();
        _directory.Bind("ana", first.Peer);
        _directory.Bind("ana", second.Peer);
        await first.Peer.Closed.WaitAsync(Login.Cap);
        Assert.False(_directory.Unbind("ana", first.Peer));       // the late logout of the first one's handler
        // What the first one's end sets off is behind it once that of a later end is done.
        await using var later = new Login();
        _directory.Bind("later", later.Peer);
        later.Peer.Abort();
        while (await events.NextAsync() != "later offline Aborted")
        {
        }
        Assert.True(_directory.TryGet("ana", out var found));
        Assert.Same(second.Peer, found);
        Assert.True(events.IsEmpty);
    }

    [Fact]
    public async Task The_same_peer_under_the_same_key_again_changes_nothing()
    {
        var events = new Events(_directory);
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        _directory.Bind("ana", login.Peer);
        Assert.Equal("ana online", await events.NextAsync());
        Assert.True(events.IsEmpty);
        Assert.Equal(1, _directory.Count);
        Assert.False(login.Peer.Closed.IsCompleted);
    }

    [Fact]
    public async Task A_peer_has_one_key_at_a_time()
    {
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        Assert.Throws<InvalidOperationException>(() => _directory.Bind("bob", login.Peer));
        Assert.Equal(["ana"], _directory.Keys);
        Assert.True(_directory.Unbind("ana", login.Peer));
        _directory.Bind("bob", login.Peer);
        Assert.Equal(["bob"], _directory.Keys);
    }

    [Fact]
    public async Task One_peer_may_be_in_two_directories()
    {
        var devices = new PeerDirectory<int>();
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        devices.Bind(7, login.Peer);
        var gone = new TaskCompletionSource<EndReason?>();
        devices.Offline += (_, change) => gone.SetResult(change.Reason);
        login.Peer.Abort();
        Assert.Equal(EndReason.Aborted, await gone.Task.WaitAsync(Login.Cap));
    }

    [Fact]
    public async Task After_a_logout_the_connection_lives_on_and_may_log_in_again()
    {
        var events = new Events(_directory);
        await using var login = new Login();
        _directory.Bind("ana", login.Peer);
        Assert.True(_directory.Unbind("ana", login.Peer));
        Assert.False(_directory.Unbind("ana", login.Peer));
        Assert.Equal(0, _directory.Count);
        Assert.False(login.Peer.Closed.IsCompleted);
        _directory.Bind("ana", login.Peer);
        login.Peer.Abort();
        Assert.Equal(
            ["ana online", "ana offline by itself", "ana online", "ana offline Aborted"],
            [await events.NextAsync(), await events.NextAsync(), await events.NextAsync(), await events.NextAsync()]);
        Assert.True(events.IsEmpty);
    }

    [Fact]
    public async Task A_connection_that_is_over_cannot_be_bound_and_replaces_nobody()
    {
        await using var present = new Login();
        _directory.Bind("ana", present.Peer);

        await using var aborted = new Login();
        aborted.Peer.Abort();
        Assert.Equal(EndReason.Aborted, Assert.Throws<ConnectionException>(() => _directory.Bind("ana", aborted.Peer)).Reason);

        await using var closing = new Login();
        var closed = closing.Peer.CloseAsync();
        Assert.Throws<ObjectDisposedException>(() => _directory.Bind("ana", closing.Peer));

        await using var finished = new Login();
        await finished.Client.CompleteOutputAsync();
        Assert.False(await finished.Peer.WaitToReadAsync());
        await finished.Peer.CompleteOutputAsync();
        await finished.Peer.Closed.WaitAsync(Login.Cap);
        Assert.Throws<InvalidOperationException>(() => _directory.Bind("ana", finished.Peer));

        await using var replaced = new Login();
        _directory.Bind("bob", replaced.Peer);
        await using var other = new Login();
        _directory.Bind("bob", other.Peer);
        Assert.Equal(EndReason.Replaced, Assert.Throws<ConnectionException>(() => _directory.Bind("ana", replaced.Peer)).Reason);

        Assert.True(_directory.TryGet("ana", out var found));
        Assert.Same(present.Peer, found);
    }

    [Fact]
    public async Task Keys_are_told_apart_by_the_comparer()
    {
        var directory = new PeerDirectory<string>(StringComparer.OrdinalIgnoreCase);
        await using var first = new Login();
        await using var second = new Login();
        directory.Bind("Ana", first.Peer);
        directory.Bind("ANA", second.Peer);
        Assert.Equal(EndReason.Replaced, (await first.Peer.Closed.WaitAsync(Login.Cap)).Reason);
        Assert.True(directory.TryGet("ana", out _));
        directory.Bind("aNa", second.Peer);
        Assert.Equal(["Ana"], directory.Keys);     // as it was spelled by whoever came first
        Assert.True(directory.Group("all").Join("ana"));
        Assert.True(directory.Group("all").Contains("anA"));
    }

    [Fact]
    public async Task Everybody_online_is_enumerated_with_their_keys()
    {
        await using var ana = new Login();
        await using var bob = new Login();
        _directory.Bind("ana", ana.Peer);
        _directory.Bind("bob", bob.Peer);
        var seen = new Dictionary<string, FramedConnection<Frame, Frame>>();
        foreach (var (key, peer) in _directory)
        {
            seen.Add(key, peer);
            _directory.Unbind(key, peer);       // changes while it passes are allowed
        }
        Assert.Equal(2, seen.Count);
        Assert.Same(ana.Peer, seen["ana"]);
        Assert.Same(bob.Peer, seen["bob"]);
        Assert.Empty(_directory);
    }
}
