using System.Net;
using System.Net.Sockets;
using Zocalo.Tests.Testing;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>More descriptors than select(2) could know.</summary>
[Collection<RunsAlone>]
public sealed class ThousandsTests : IDisposable
{
    private const int Many = 3000;

    private readonly List<Socket> _sockets = [];

    public ThousandsTests()
    {
        for (var i = 0; i < Many; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _sockets.Add(socket);
        }
    }

    [Theory]
    [InlineData("one poll")]
    [InlineData("one epoll")]
    [InlineData("kept poll")]
    [InlineData("kept epoll")]
    public void Those_that_are_ready_are_found_among_thousands(string way)
    {
        Socket[] some = [_sockets[0], _sockets[1234], _sockets[^1]];
        foreach (var socket in some)
        {
            socket.SendTo([1], socket.LocalEndPoint!);
        }
        Selectable[] all = [.. _sockets];
        var (readable, writable, _) = Ask(way, all, all, [], Patience);
        Assert.Equal([.. some], readable);
        Assert.Equal(Many, writable.Count);     // all of them in one answer
    }

    [Fact]
    public void One_call_takes_thousands_of_sockets_by_itself() =>
        Assert.Equal(_sockets, Selector.Select([], _sockets, [], Patience).Writable);

    [Fact]
    public void A_selector_takes_thousands_by_itself_and_tells_each_once_a_wait()
    {
        using var selector = new Selector();
        _sockets.ForEach(socket => selector.Add(socket, WatchFor.Writing));
        var writable = selector.Wait(Patience).Writable;
        Assert.Equal(Many, writable.Count);
        Assert.Equal(Many, writable.Distinct().Count());
    }

    [Fact]
    public void Where_select_has_no_descriptor_left_to_be_woken_by_it_says_so()
    {
        using var source = new CancellationTokenSource();
        Assert.Contains(
            "wakes", Assert.Throws<NotSupportedException>(() => new Selector(SelectorKind.Select)).Message, StringComparison.Ordinal);
        Assert.Contains(
            "wakes",
            Assert.Throws<NotSupportedException>(
                () => Selector.Select((Socket[])[], [], [], Moment, SelectorKind.Select, source.Token)).Message,
            StringComparison.Ordinal);
        Assert.True(Selector.Select((Socket[])[], [], [], Moment, SelectorKind.Poll, source.Token).IsEmpty);
    }

    public void Dispose() => _sockets.ForEach(socket => socket.Dispose());
}
