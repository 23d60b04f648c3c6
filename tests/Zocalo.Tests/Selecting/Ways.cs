using System.Net.Sockets;
using Zocalo.Selecting;

namespace Zocalo.Tests.Selecting;

/// <summary>The ways to ask what is ready: each system call, asked once or by a selector that is kept. All of them must say the
/// same.</summary>
internal static class Ways
{
    internal const WatchFor Everything = WatchFor.Reading | WatchFor.Writing | WatchFor.Exceptional;

    /// <summary>No wait of a test is longer.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Long enough for something that should not happen to happen.</summary>
    internal static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(100);

    public static TheoryData<string> All => ["one select", "one poll", "one epoll", "kept select", "kept poll", "kept epoll"];

    /// <summary>Also the way of Windows, which can be walked here too.</summary>
    public static TheoryData<string> ForSockets => [.. All.Select(row => row.Data), "kept framework"];

    public static TheoryData<string> Once => ["one select", "one poll", "one epoll"];

    public static TheoryData<string> Kept => ["kept select", "kept poll", "kept epoll"];

    public static TheoryData<string> KeptForSockets => [.. Kept.Select(row => row.Data), "kept framework"];

    internal static SelectorKind Kind(string way) =>
        way.Split(' ')[1] is "framework" ? SelectorKind.Select : Enum.Parse<SelectorKind>(way.Split(' ')[1], ignoreCase: true);

    internal static Selector Keep(string way) =>
        way == "kept framework" ? new Selector(new SocketBacking(), new Waker(hasEvents: false)) : new Selector(Kind(way));

    /// <summary>What is ready among those; of a kept selector in the order of what was passed.</summary>
    internal static SelectResult<Selectable> Ask(
        string way, Selectable[] readers, Selectable[] writers, Selectable[] exceptional, TimeSpan timeout)
    {
        if (way.StartsWith("one", StringComparison.Ordinal))
        {
            return Selector.Select(readers, writers, exceptional, timeout, Kind(way));
        }
        using var selector = Keep(way);
        foreach (var thing in readers.Concat(writers).Concat(exceptional).Distinct())
        {
            selector.Add(
                thing,
                (readers.Contains(thing) ? WatchFor.Reading : 0)
                    | (writers.Contains(thing) ? WatchFor.Writing : 0)
                    | (exceptional.Contains(thing) ? WatchFor.Exceptional : 0));
        }
        var (readable, writable, failed) = selector.Wait(timeout);
        return new([.. readers.Where(readable.Contains)], [.. writers.Where(writable.Contains)], [.. exceptional.Where(failed.Contains)]);
    }

    /// <summary>Waits for one thing, in all three lists.</summary>
    internal static WatchFor Ask(string way, Selectable thing, WatchFor asked, TimeSpan timeout)
    {
        var result = Ask(way, In(WatchFor.Reading), In(WatchFor.Writing), In(WatchFor.Exceptional), timeout);
        Assert.All(result.Readable.Concat(result.Writable).Concat(result.Exceptional), told => Assert.Equal(thing, told));
        return (result.Readable.Count > 0 ? WatchFor.Reading : 0)
            | (result.Writable.Count > 0 ? WatchFor.Writing : 0)
            | (result.Exceptional.Count > 0 ? WatchFor.Exceptional : 0);

        Selectable[] In(WatchFor list) => (asked & list) != 0 ? [thing] : [];
    }

    /// <summary>For what waits: the threads of the pool are everybody's.</summary>
    internal static Task<T> OnAThread<T>(Func<T> work) =>
        Task.Factory.StartNew(work, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    internal static async Task AssertGoesOnAsync(Task waiting)
    {
        await Task.WhenAny(waiting, Task.Delay(Moment));
        Assert.False(waiting.IsCompleted);
    }

    /// <summary>Two TCP sockets that are connected to each other.</summary>
    internal static (Socket Client, Socket Server) Connected()
    {
        using var listener = Listening();
        var client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        client.Connect(listener.LocalEndPoint!);
        return (client, listener.Accept());
    }

    internal static Socket Listening(int backlog = 16)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen(backlog);
        return listener;
    }

    /// <summary>A socket that has begun to connect, and has not waited for it.</summary>
    internal static Socket Connecting(System.Net.EndPoint to)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { Blocking = false };
        try
        {
            socket.Connect(to);
        }
        catch (SocketException notYet) when (notYet.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
        }
        return socket;
    }

    /// <summary>Sends until nothing more goes in.</summary>
    internal static void Fill(Socket socket)
    {
        socket.Blocking = false;
        var chunk = new byte[65536];
        var full = 0;
        while (full < 3)
        {
            // The receiver's side takes some more a moment after the sender's side was full: until it is full several times in a row, it is
            // not.
            socket.Send(chunk, 0, chunk.Length, SocketFlags.None, out var error);
            full = error == SocketError.Success ? 0 : full + 1;
            if (error != SocketError.Success && socket.Poll(TimeSpan.FromMilliseconds(20), SelectMode.SelectWrite))
            {
                full = 0;
            }
        }
    }

    /// <summary>Closes with a reset.</summary>
    internal static void Reset(Socket socket)
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Dispose();
    }
}
