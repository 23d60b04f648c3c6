namespace Zocalo.Tests.Messaging.Directory;

public sealed class GroupTests
{
    private readonly PeerDirectory<string> _directory = new();

    [Fact]
    public async Task A_broadcast_to_a_group_goes_to_its_members_only()
    {
        await using var ana = Bind("ana");
        await using var bob = Bind("bob");
        await using var eve = Bind("eve");
        var room = _directory.Group("room");
        Assert.True(room.Join("ana"));
        Assert.True(room.Join("bob"));
        Assert.True(room.Join("bob"));
        Assert.Equal(2, room.Count);
        Assert.Equal(["ana", "bob"], room.Select(member => member.Key).Order());
        Assert.Equal(new BroadcastResult(Sent: 2, 0, 0, 0), await room.BroadcastAsync("hello"u8.ToArray()));
        Assert.Equal(9, ana.Peer.Connection.Core.BytesSent);
        Assert.Equal(9, bob.Peer.Connection.Core.BytesSent);
        Assert.Equal(0, eve.Peer.Connection.Core.BytesSent);
    }

    [Fact]
    public async Task Who_leaves_is_no_longer_in_it()
    {
        await using var ana = Bind("ana");
        var room = _directory.Group("room");
        Assert.False(room.Leave("ana"));
        room.Join("ana");
        Assert.True(room.Contains("ana"));
        Assert.True(_directory.Group("room").Leave("ana"));
        Assert.False(room.Contains("ana"));
        Assert.False(room.Leave("ana"));
        Assert.Empty(room);
        Assert.Equal(default, await room.BroadcastAsync(new byte[1]));
        Assert.True(room.Join("ana"));
        Assert.Single(room);
    }

    [Fact]
    public void Only_who_is_online_can_join()
    {
        var room = _directory.Group("room");
        Assert.False(room.Join("ana"));
        Assert.Equal(0, room.Count);
    }

    [Fact]
    public async Task Who_goes_offline_leaves_all_groups_in_whichever_way()
    {
        var events = new Events(_directory);
        await using var ana = Bind("ana");
        await using var bob = Bind("bob");
        await using var eve = Bind("eve");
        await using var newer = new Login();
        string[] names = ["one", "two", "three"];
        foreach (var group in names.Select(_directory.Group))
        {
            Assert.True(group.Join("ana") && group.Join("bob") && group.Join("eve"));
        }
        _directory.Unbind("ana", ana.Peer);
        _directory.Bind("bob", newer.Peer);
        eve.Peer.Abort();
        while (await events.NextAsync() != "eve offline Aborted")
        {
        }
        Assert.All(names, name => Assert.Empty(_directory.Group(name)));
        Assert.All(names, name => Assert.Equal(0, _directory.Group(name).Count));
        Assert.True(_directory.Group("one").Join("bob"));
        Assert.Same(newer.Peer, Assert.Single(_directory.Group("one")).Value);
    }

    [Fact]
    public async Task Members_come_and_go_from_many_tasks_and_nobody_is_left_behind()
    {
        var logins = Enumerable.Range(0, 8).Select(i => Bind($"peer {i}")).ToList();
        await Task.WhenAll(logins.Select((login, i) => Task.Run(() =>
        {
            for (var round = 0; round < 500; round++)
            {
                var group = _directory.Group($"room {round % 5}");
                Assert.True(group.Join($"peer {i}"));
                Assert.Contains(group, member => member.Value == login.Peer);
                Assert.True(group.Leave($"peer {i}"));
            }
            Assert.True(_directory.Group("room 0").Join($"peer {i}"));
        }))).WaitAsync(Login.Cap);
        Assert.Equal(8, _directory.Group("room 0").Count);
        Assert.Equal(8, _directory.Group("room 0").Distinct().Count());
        Assert.Empty(_directory.Group("room 1"));
        foreach (var login in logins)
        {
            await login.DisposeAsync();
        }
    }

    private Login Bind(string key)
    {
        var login = new Login();
        _directory.Bind(key, login.Peer);
        return login;
    }
}
