using System.Net;
using System.Net.Sockets;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>What each state of a socket looks like in the three lists, in every way of asking.</summary>
public class SocketReadinessTests
{
    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_healthy_socket_is_writable_and_nothing_else(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Assert.Equal(WatchFor.Writing, Ask(way, client, Everything, Patience));
            Assert.Equal(WatchFor.None, Ask(way, client, WatchFor.Reading | WatchFor.Exceptional, TimeSpan.Zero));
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_socket_is_readable_when_bytes_have_come(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            server.Send([1]);
            Assert.Equal(WatchFor.Reading, Ask(way, client, WatchFor.Reading | WatchFor.Exceptional, Patience));
            Assert.Equal(1, client.Receive(new byte[10]));
            Assert.Equal(WatchFor.None, Ask(way, client, WatchFor.Reading, TimeSpan.Zero));
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public async Task A_wait_ends_when_bytes_come(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var waiting = OnAThread(() => Ask(way, client, WatchFor.Reading, Patience));
            await AssertGoesOnAsync(waiting);
            server.Send([1]);
            Assert.Equal(WatchFor.Reading, await waiting);
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void The_end_is_readable(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            server.Shutdown(SocketShutdown.Send);
            Assert.Equal(WatchFor.Reading, Ask(way, client, WatchFor.Reading | WatchFor.Exceptional, Patience));
            Assert.Equal(0, client.Receive(new byte[1]));
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_listening_socket_is_readable_when_accept_would_not_wait(string way)
    {
        using var listener = Listening();
        Assert.Equal(WatchFor.None, Ask(way, listener, WatchFor.Reading, TimeSpan.Zero));
        using var client = Connecting(listener.LocalEndPoint!);
        Assert.Equal(WatchFor.Reading, Ask(way, listener, WatchFor.Reading, Patience));
        listener.Blocking = false;
        listener.Accept().Dispose();
        Assert.Equal(WatchFor.None, Ask(way, listener, WatchFor.Reading, TimeSpan.Zero));
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_connecting_socket_is_writable_when_it_is_connected(string way)
    {
        using var listener = Listening();
        using var client = Connecting(listener.LocalEndPoint!);
        Assert.Equal(WatchFor.Writing, Ask(way, client, Everything, Patience));
        Assert.Equal(0, client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error));
        Assert.True(client.Connected);
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_connecting_socket_is_writable_when_it_is_refused_and_tells_why(string way)
    {
        EndPoint nobody;
        using (var listener = Listening())
        {
            nobody = listener.LocalEndPoint!;
        }
        using var client = Connecting(nobody);
        Assert.Equal(WatchFor.Writing, Ask(way, client, WatchFor.Writing, Patience));
        if (way != "kept framework")
        {
            Assert.Equal(Everything, Ask(way, client, Everything, Patience));
        }
        Assert.Equal(
            SocketError.ConnectionRefused, (SocketError)(int)client.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!);
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_connecting_socket_is_not_writable_while_nobody_has_answered(string way)
    {
        // A full backlog on Linux: the next one's SYN goes unanswered.
        using var listener = Listening(backlog: 0);
        using var first = Connecting(listener.LocalEndPoint!);
        Assert.Equal(WatchFor.Writing, Ask(way, first, WatchFor.Writing, Patience));
        using var second = Connecting(listener.LocalEndPoint!);
        Assert.Equal(WatchFor.None, Ask(way, second, Everything, Moment));
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public async Task A_full_socket_is_not_writable_until_its_peer_has_read(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Fill(client);
            Assert.Equal(WatchFor.None, Ask(way, client, Everything, TimeSpan.Zero));
            var waiting = OnAThread(() => Ask(way, client, WatchFor.Writing, Patience));
            var buffer = new byte[1 << 20];
            while (!waiting.IsCompleted && Selector.IsReadable(server))
            {
                server.Receive(buffer);
            }
            Assert.Equal(WatchFor.Writing, await waiting);
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void Urgent_data_is_exceptional(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            server.Send([7], SocketFlags.OutOfBand);
            // The system says readable as well when it is short of memory for TCP (tcp_epollin_ready).
            var ready = Ask(way, client, WatchFor.Reading | WatchFor.Exceptional, Patience);
            Assert.Equal(WatchFor.Exceptional, ready & WatchFor.Exceptional);
            var urgent = new byte[1];
            Assert.Equal(1, client.Receive(urgent, SocketFlags.OutOfBand));
            Assert.Equal(7, urgent[0]);
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public async Task A_wait_ends_when_urgent_data_comes_behind_other_data(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            server.Send([1]);
            Assert.Equal(WatchFor.Reading, Ask(way, client, WatchFor.Reading, Patience));
            var waiting = OnAThread(() => Ask(way, client, WatchFor.Exceptional, Patience));
            await AssertGoesOnAsync(waiting);
            server.Send([7], SocketFlags.OutOfBand);
            Assert.Equal(WatchFor.Exceptional, await waiting);
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_reset_is_in_every_list(string way)
    {
        var (client, server) = Connected();
        using (client)
        {
            Reset(server);
            Assert.Equal(WatchFor.Reading, Ask(way, client, WatchFor.Reading, Patience));
            Assert.Equal(WatchFor.Writing, Ask(way, client, WatchFor.Writing, Patience));
            if (way != "kept framework")
            {
                Assert.Equal(WatchFor.Exceptional, Ask(way, client, WatchFor.Exceptional, Patience));
            }
            Assert.Equal(SocketError.ConnectionReset, Assert.Throws<SocketException>(() => client.Receive(new byte[1])).SocketErrorCode);
        }
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public async Task A_wait_for_errors_alone_ends_when_one_comes(string way)
    {
        var (client, server) = Connected();
        using (client)
        {
            var waiting = OnAThread(() => Ask(way, client, WatchFor.Exceptional, Patience));
            await AssertGoesOnAsync(waiting);
            Reset(server);
            Assert.Equal(WatchFor.Exceptional, await waiting);
        }
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void A_datagram_makes_its_socket_readable(string way)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        Assert.Equal(WatchFor.Writing, Ask(way, socket, Everything, TimeSpan.Zero));
        socket.SendTo([1, 2, 3], socket.LocalEndPoint!);
        Assert.Equal(WatchFor.Reading, Ask(way, socket, WatchFor.Reading, Patience));
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void Unix_sockets_are_like_the_others(string way)
    {
        var path = Path.Combine(Path.GetTempPath(), $"zocalo-{Guid.NewGuid():N}.sock");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen();
        Assert.Equal(WatchFor.None, Ask(way, listener, WatchFor.Reading, TimeSpan.Zero));
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        client.Connect(new UnixDomainSocketEndPoint(path));
        Assert.Equal(WatchFor.Reading, Ask(way, listener, WatchFor.Reading, Patience));
        using (var server = listener.Accept())
        {
            Assert.Equal(WatchFor.Writing, Ask(way, client, Everything, Patience));
        }
        Assert.Equal(WatchFor.Reading, Ask(way, client, WatchFor.Reading, Patience));
        File.Delete(path);
    }

    [Theory]
    [MemberData(nameof(ForSockets), MemberType = typeof(Ways))]
    public void Each_list_has_those_of_its_own_that_are_ready(string way)
    {
        var (talker, quiet) = Connected();
        using (talker)
        using (quiet)
        {
            talker.Send([1]);
            Ask(way, quiet, WatchFor.Reading, Patience);
            Selectable[] both = [talker, quiet];
            var (readable, writable, exceptional) = Ask(way, both, [talker], both, Patience);
            Assert.Equal([quiet], readable);
            Assert.Equal([talker], writable);
            Assert.Empty(exceptional);
        }
    }

    [Theory]
    [InlineData(SelectorKind.Auto)]
    [InlineData(SelectorKind.Select)]
    [InlineData(SelectorKind.Poll)]
    [InlineData(SelectorKind.Epoll)]
    public void One_call_answers_in_the_order_of_its_lists_and_as_often_as_it_was_asked(SelectorKind kind)
    {
        var pairs = Enumerable.Range(0, 5).Select(_ => Connected()).ToList();
        var sockets = pairs.SelectMany(pair => new[] { pair.Server, pair.Client }).ToList();
        Socket[] writers = [sockets[3], sockets[0], sockets[3], sockets[9], sockets[3]];
        Assert.Equal(writers, Selector.Select(sockets, writers, sockets, Patience, kind).Writable);
        sockets.ForEach(socket => socket.Dispose());
    }

    [Fact]
    public void Whether_one_call_would_wait_can_be_asked_of_a_blocking_socket()
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Assert.True(client.Blocking);
            Assert.False(Selector.IsReadable(client));
            Assert.True(Selector.IsWritable(client));
            server.Send([1]);
            Assert.True(SpinWait.SpinUntil(() => Selector.IsReadable(client), Patience));
            Assert.Equal(1, client.Receive(new byte[10]));
            Fill(client);
            Assert.False(Selector.IsWritable(client));
        }
    }
}
