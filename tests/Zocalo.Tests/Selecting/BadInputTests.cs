using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static Zocalo.Tests.Selecting.Ways;

namespace Zocalo.Tests.Selecting;

/// <summary>What cannot be watched is refused, in words; it is neither passed over nor waited for.</summary>
public class BadInputTests
{
    // Beyond what any test opens.
    private const int NotOpen = 900_000;
    private const int NotOpenForSelect = 1000;

    [Fact]
    public void A_list_that_is_null_is_refused()
    {
        Assert.Equal("readers", Assert.Throws<ArgumentNullException>(() => Selector.Select((Socket[])null!, [], [], Moment)).ParamName);
        Assert.Equal("writers", Assert.Throws<ArgumentNullException>(() => Selector.Select([], (Selectable[])null!, [], Moment)).ParamName);
        Assert.Equal("exceptional", Assert.Throws<ArgumentNullException>(() => Selector.Select([], [], (Socket[])null!, Moment)).ParamName);
    }

    [Theory]
    [MemberData(nameof(Once), MemberType = typeof(Ways))]
    public void A_null_in_a_list_is_refused(string way)
    {
        Assert.Equal("readers", Assert.ThrowsAny<ArgumentException>(() => Ask(way, [default], [], [], Moment)).ParamName);
        Assert.Equal("writers", Assert.ThrowsAny<ArgumentException>(() => Ask(way, [], [(Socket?)null], [], Moment)).ParamName);
        Assert.Equal("exceptional", Assert.ThrowsAny<ArgumentException>(() => Ask(way, [], [], [(SafeHandle?)null], Moment)).ParamName);
        Assert.Equal(
            "readers", Assert.ThrowsAny<ArgumentException>(() => Selector.Select([(Socket)null!], [], [], Moment, Kind(way))).ParamName);
    }

    [Fact]
    public void Null_is_refused_everywhere_else_too()
    {
        using var selector = new Selector();
        Assert.Throws<ArgumentNullException>(() => selector.Add(default, WatchFor.Reading));
        Assert.Throws<ArgumentException>(() => selector.Modify(default, WatchFor.Reading));
        Assert.False(selector.Remove(default));
        Assert.Equal("thing", Assert.Throws<ArgumentNullException>(() => Selector.IsReadable((Socket?)null)).ParamName);
        Assert.Equal("thing", Assert.Throws<ArgumentNullException>(() => Selector.IsWritable(default)).ParamName);
    }

    [Fact]
    public void A_negative_descriptor_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Selectable.FromDescriptor(-1));

    [Theory]
    [InlineData(SelectorKind.Auto)]
    [InlineData(SelectorKind.Select)]
    [InlineData(SelectorKind.Poll)]
    [InlineData(SelectorKind.Epoll)]
    public void To_wait_for_ever_for_nothing_is_refused(SelectorKind kind)
    {
        Assert.Contains(
            "for ever",
            Assert.Throws<ArgumentException>(() => Selector.Select((Socket[])[], [], [], Timeout.InfiniteTimeSpan, kind)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            "for ever",
            Assert.Throws<ArgumentException>(() => Selector.Select((Selectable[])[], [], [], Timeout.InfiniteTimeSpan, kind)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_negative_time_limit_is_refused_unless_it_means_none(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Assert.Equal(
                "timeout",
                Assert.Throws<ArgumentOutOfRangeException>(
                    () => Ask(way, client, WatchFor.Writing, TimeSpan.FromMilliseconds(-2))).ParamName);
            Assert.Equal(
                "timeout",
                Assert.Throws<ArgumentOutOfRangeException>(() => Ask(way, client, WatchFor.Writing, TimeSpan.MinValue)).ParamName);
            Assert.Equal(WatchFor.Writing, Ask(way, client, WatchFor.Writing, Timeout.InfiniteTimeSpan));
            Assert.Equal(WatchFor.Writing, Ask(way, client, WatchFor.Writing, TimeSpan.MaxValue));
        }
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_closed_socket_is_refused(string way)
    {
        var (client, server) = Connected();
        client.Dispose();
        Assert.Contains(
            "Socket",
            Assert.Throws<ObjectDisposedException>(() => Ask(way, [server, client], [], [], Moment)).Message,
            StringComparison.Ordinal);
        Assert.Equal(WatchFor.Reading, Ask(way, server, WatchFor.Reading, Patience));
        server.Dispose();
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_closed_handle_is_refused(string way)
    {
        var handle = File.OpenHandle("/dev/null");
        handle.Dispose();
        Assert.Contains(
            nameof(SafeFileHandle),
            Assert.Throws<ObjectDisposedException>(() => Ask(way, handle, WatchFor.Reading, Moment)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_number_that_is_not_open_is_refused(string way)
    {
        var number = Kind(way) == SelectorKind.Select ? NotOpenForSelect : NotOpen;
        Assert.Contains(
            $"The descriptor {number} is to be watched, and is not open",
            Assert.Throws<ArgumentException>(() => Ask(way, Selectable.FromDescriptor(number), WatchFor.Writing, Patience)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(All), MemberType = typeof(Ways))]
    public void A_handle_whose_descriptor_is_not_open_is_refused(string way)
    {
        var number = Kind(way) == SelectorKind.Select ? NotOpenForSelect : NotOpen;
        using var handle = new SafeFileHandle(number, ownsHandle: false);
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            Assert.Contains(
                $"SafeFileHandle (descriptor {number})",
                Assert.Throws<ArgumentException>(() => Ask(way, [client, handle], [server], [], Patience)).Message,
                StringComparison.Ordinal);
        }
        using var none = new SafeFileHandle(-1, ownsHandle: false);
        Assert.Contains(
            "not open",
            Assert.Throws<ArgumentException>(() => Ask(way, none, WatchFor.Reading, Patience)).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("one select")]
    [InlineData("kept select")]
    public void Select_refuses_what_lies_beyond_its_sets_and_says_what_to_use(string way)
    {
        var (client, server) = Connected();
        using (client)
        using (server)
        {
            using var beyond = new SafeFileHandle(Unix.DuplicateFrom((int)client.Handle, 1024), ownsHandle: true);
            foreach (var list in (WatchFor[])[WatchFor.Reading, WatchFor.Writing, WatchFor.Exceptional])
            {
                var refused = Assert.Throws<NotSupportedException>(() => Ask(way, beyond, list, Patience));
                Assert.Contains("1024 (FD_SETSIZE)", refused.Message, StringComparison.Ordinal);
                Assert.Contains($"SafeFileHandle (descriptor {beyond.DangerousGetHandle()})", refused.Message, StringComparison.Ordinal);
                Assert.Contains("SelectorKind.Poll", refused.Message, StringComparison.Ordinal);
            }
            Assert.Equal(WatchFor.Writing, Ask(way.Replace("select", "poll", StringComparison.Ordinal), beyond, Everything, Patience));
            Assert.Equal(WatchFor.Writing, Ask(way.Replace("select", "epoll", StringComparison.Ordinal), beyond, Everything, Patience));
        }
    }

    [Fact]
    public void Unknown_kinds_and_purposes_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Selector((SelectorKind)9));
        Assert.Throws<ArgumentOutOfRangeException>(() => Selector.Select((Socket[])[], [], [], TimeSpan.Zero, (SelectorKind)9));
        using var selector = new Selector();
        Assert.Throws<ArgumentOutOfRangeException>(() => selector.Add(Selectable.StandardInput, (WatchFor)8));
    }

    [Fact]
    public void The_way_of_Windows_refuses_what_is_no_socket_and_says_what_to_do()
    {
        using var selector = Keep("kept framework");
        var refused = Assert.Throws<PlatformNotSupportedException>(() => selector.Add(Selectable.StandardInput, WatchFor.Reading));
        Assert.Contains("sockets only", refused.Message, StringComparison.Ordinal);
        Assert.Contains("ReadAsync", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, selector.Count);
    }
}
