using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>A selector that is kept: what comes in, changes, goes out, and is closed behind its back.</summary>
public class KeptSelectorTests
{
    // The system gives the lowest number that is free, to whichever test asks first; those from here on it leaves alone, and select(2)
    // still knows them.
    private const int OutOfTheWay = 900;

    [Fact]
    public void By_itself_it_uses_epoll()
    {
        using var selector = new Selector();
        Assert.Equal(OperatingSystem.IsLinux() ? SelectorKind.Epoll : SelectorKind.Poll, selector.Kind);
        using var select = new Selector(SelectorKind.Select);
        Assert.Equal(SelectorKind.Select, select.Kind);
        using var poll = new Selector(SelectorKind.Poll);
        Assert.Equal(SelectorKind.Poll, poll.Kind);
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void What_stays_ready_is_told_again(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        using (var selector = Keep(way))
        {
            selector.Add(client, WatchFor.Reading);
            server.Send([1, 2]);
            Assert.Equal([client], selector.Wait(Patience).Readable);
            Assert.Equal(1, client.Receive(new byte[1]));
            Assert.Equal([client], selector.Wait(Patience).Readable);
            Assert.Equal(1, client.Receive(new byte[1]));
            Assert.True(selector.Wait(TimeSpan.Zero).IsEmpty);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void Lists_of_an_earlier_wait_stay_as_they_were(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        using (var selector = Keep(way))
        {
            selector.Add(client, WatchFor.Writing);
            var earlier = selector.Wait(Patience);
            selector.Modify(client, WatchFor.Reading);
            Assert.True(selector.Wait(TimeSpan.Zero).IsEmpty);
            Assert.Equal([client], earlier.Writable);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void What_is_watched_for_can_be_changed(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        using (var selector = Keep(way))
        {
            server.Send([1]);
            Ask("one poll", client, WatchFor.Reading, Patience);
            selector.Add(client, WatchFor.None);
            Assert.True(selector.Wait(Moment).IsEmpty);
            selector.Modify(client, WatchFor.Reading | WatchFor.Writing);
            var (readable, writable, _) = selector.Wait(Patience);
            Assert.Equal([client], readable);
            Assert.Equal([client], writable);
            selector.Modify(client, WatchFor.Exceptional);
            Assert.True(selector.Wait(Moment).IsEmpty);
            server.Send([7], SocketFlags.OutOfBand);
            Assert.Equal([client], selector.Wait(Patience).Exceptional);
            Assert.Throws<ArgumentException>(() => selector.Modify(server, WatchFor.Reading));
            Assert.Equal(1, selector.Count);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void What_is_taken_out_is_told_no_longer_and_may_come_back(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        using (var selector = Keep(way))
        {
            selector.Add(client, WatchFor.Writing);
            selector.Add(server, WatchFor.Writing);
            Assert.Equal(2, selector.Wait(Patience).Writable.Count);
            Assert.True(selector.Remove(client));
            Assert.False(selector.Remove(client));
            Assert.Equal([server], selector.Wait(Patience).Writable);
            selector.Add(client, WatchFor.Reading);
            Assert.Equal(2, selector.Count);
            Assert.Equal([server], selector.Wait(Patience).Writable);
            Assert.True(selector.Remove(server));
            selector.Add(server, WatchFor.Writing);
            Assert.Equal([server], selector.Wait(Patience).Writable);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void The_same_thing_twice_is_refused_under_any_name(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        using (var selector = Keep(way))
        {
            selector.Add(client, WatchFor.Writing);
            Assert.Contains(
                "watched already",
                Assert.Throws<ArgumentException>(() => selector.Add(client, WatchFor.Reading)).Message,
                StringComparison.Ordinal);
            Assert.Same(client.SafeHandle, ((Selectable)client.SafeHandle).Handle);
            Assert.Throws<ArgumentException>(() => selector.Add(client.SafeHandle, WatchFor.Reading));
            Assert.Throws<ArgumentException>(() => selector.Add(Selectable.FromDescriptor((int)client.Handle), WatchFor.Reading));
            Assert.Equal(1, selector.Count);
            Assert.Equal([client], selector.Wait(Patience).Writable);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void What_was_closed_is_forgotten_and_its_number_is_free(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var first = new Socket(new SafeSocketHandle(Unix.DuplicateFrom((int)client.Handle, OutOfTheWay), ownsHandle: true));
            var number = (int)first.Handle;
            selector.Add(first, WatchFor.Writing);
            first.Dispose();
            Assert.True(selector.Wait(Moment).IsEmpty);

            using var second = new Socket(new SafeSocketHandle(Unix.DuplicateFrom((int)server.Handle, OutOfTheWay), ownsHandle: true));
            Assert.Equal(number, (int)second.Handle);
            selector.Add(second, WatchFor.Writing);
            Assert.Equal([second], selector.Wait(Patience).Writable);
            Assert.False(selector.Remove(first));
            Assert.Equal([second], selector.Wait(Patience).Writable);
            Assert.Equal(1, selector.Count);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void What_was_closed_may_be_taken_out_afterwards(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        using (server)
        {
            selector.Add(client, WatchFor.Reading);
            selector.Add(server, WatchFor.Reading);
            client.Dispose();
            Assert.True(selector.Remove(client));
            Assert.Equal([server], selector.Wait(Patience).Readable);
            Assert.Throws<ObjectDisposedException>(() => selector.Add(client, WatchFor.Reading));
            Assert.Equal(1, selector.Count);
        }
    }

    [Theory]
    [MemberData(nameof(Kept), MemberType = typeof(Ways))]
    public void What_was_closed_and_lives_on_elsewhere_is_not_told(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        var (another, peer) = Connected();
        using (server)
        using (another)
        using (peer)
        {
            selector.Add(client, WatchFor.Reading);
            selector.Add(another, WatchFor.Reading);
            using var twin = new SafeFileHandle(Unix.Duplicate((int)client.Handle), ownsHandle: true);
            client.Dispose();
            server.Send([1]);
            Assert.Equal(WatchFor.Reading, Ask("one poll", twin, WatchFor.Reading, Patience));
            var before = Unix.ThreadTime();
            Assert.True(selector.Wait(5 * Moment).IsEmpty);
            Assert.InRange(Unix.ThreadTime() - before, TimeSpan.Zero, Moment / 2);
            peer.Send([1]);
            Assert.Equal([another], selector.Wait(Patience).Readable);
        }
    }

    [Theory]
    [MemberData(nameof(Kept), MemberType = typeof(Ways))]
    public void What_was_closed_and_lives_on_elsewhere_is_not_taken_for_what_has_its_number_now(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var first = new SafeFileHandle(Unix.DuplicateFrom((int)client.Handle, OutOfTheWay), ownsHandle: true);
            selector.Add(first, WatchFor.Reading);
            first.Dispose();
            using var second = new SafeFileHandle(Unix.DuplicateFrom((int)server.Handle, OutOfTheWay), ownsHandle: true);
            Assert.Equal(first.DangerousGetHandle(), second.DangerousGetHandle());
            selector.Add(second, WatchFor.Reading);
            server.Send([1]);       // for the first
            Assert.True(selector.Wait(Moment).IsEmpty);
            client.Send([1]);
            Assert.Equal([second], selector.Wait(Patience).Readable);
        }
    }

    [Theory]
    [MemberData(nameof(Kept), MemberType = typeof(Ways))]
    public void A_number_that_was_closed_is_forgotten(string way)
    {
        using var selector = Keep(way);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            var number = Unix.Duplicate((int)client.Handle);
            selector.Add(Selectable.FromDescriptor(number), WatchFor.None);
            selector.Add(server, WatchFor.Reading);
            Unix.Close(number);
            client.Send([1]);
            Assert.Equal([server], selector.Wait(Patience).Readable);
        }
    }

    [Theory]
    [MemberData(nameof(KeptForSockets), MemberType = typeof(Ways))]
    public void It_closes_nothing_but_itself(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            using (var selector = Keep(way))
            {
                selector.Add(client, WatchFor.Writing);
                selector.Wait(Patience);
            }
            Assert.Equal(1, client.Send([1]));
            Assert.Equal(1, server.Receive(new byte[10]));
        }
    }
}
