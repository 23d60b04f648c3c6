using System.Net.Sockets;
using System.Runtime.InteropServices;
using Zocalo.Engines.System;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Engines.Sockets;

/// <summary>The file of a listening Unix socket: what lies at its path before, meanwhile and afterwards.</summary>
public sealed class UnixSocketFileTests : IDisposable
{
    private const string Link = "symlink-to-";
    private const string Listening = "another server listens there";
    private const string Bound = "is bound by a running process that does not listen";

    private static readonly TimeSpan Cap = LoopEngines.Cap;

    /// <summary>What may lie at a path, and what the error says of it; null where the server starts.</summary>
    private static readonly Dictionary<string, string?> s_kinds = new()
    {
        ["nothing"] = null,
        ["socket-dead"] = null,
        ["regular-empty"] = "a regular file",
        ["regular-full"] = "a regular file",
        ["fifo"] = "a FIFO",
        ["device"] = "a device",
        ["directory"] = "a directory",
        ["socket-live"] = Listening,
        ["socket-live-full-backlog"] = Listening,
        ["socket-bound"] = Bound,
        ["socket-datagram"] = Bound,
    };

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zu-");
    private readonly List<Socket> _sockets = [];

    public static TheoryData<string> Engines => ["async", "threads", "select", "epoll"];

    public static MatrixTheoryData<string, string> Table =>
        new(Engines.Select(row => row.Data), [.. s_kinds.Keys, .. s_kinds.Keys.Select(kind => Link + kind)]);

    private string File => Path.Combine(_directory.FullName, "s");

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _directory.Delete(recursive: true);
    }

    [Fact]
    public async Task It_is_its_owners_alone()
    {
        await using var listener = await Listener.ListenAsync(new UnixAddress(File));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, System.IO.File.GetUnixFileMode(File));
        }
    }

    /// <summary>Exactly, whatever the process's umask takes away: the one of this test run takes at least the others' write bit.</summary>
    [Theory]
    [InlineData(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.UserWrite | UnixFileMode.OtherWrite)]
    [InlineData(UnixFileMode.UserRead)]
    public async Task It_has_the_mode_that_the_options_say(UnixFileMode mode)
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("A file has no mode there.");
            return;
        }
        await using (var listener = await Listener.ListenAsync(new UnixAddress(File), new() { UnixMode = mode }))
        {
            Assert.Equal(mode, System.IO.File.GetUnixFileMode(File));
        }
        Assert.False(System.IO.File.Exists(File));
        var options = new ServerOptions { UnixMode = mode };
        await using var server = await SocketServer.StartAsync(new UnixAddress(File), (_, _) => Task.CompletedTask, options);
        Assert.Equal(mode, System.IO.File.GetUnixFileMode(File));
    }

    /// <summary>Only a dead socket is replaced. Nothing else is touched, nor followed, nor waited for.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's kinds of files.")]
    [MemberData(nameof(Table))]
    public async Task A_server_starts_where_nothing_is_or_a_dead_socket_and_touches_nothing_else(string engine, string kind)
    {
        var isLink = kind.StartsWith(Link, StringComparison.Ordinal);
        var target = isLink ? Path.Combine(_directory.FullName, "target") : File;
        var says = isLink ? "a symbolic link" : s_kinds[kind];
        Make(isLink ? kind[Link.Length..] : kind, target);
        if (isLink)
        {
            System.IO.File.CreateSymbolicLink(File, target);
        }
        var before = (Look(File), Look(target));
        var starting = Task.Run(() => Listener.ListenAsync(new UnixAddress(File), new ListenOptions { Engine = EngineOf(engine) }));
        if (says is null)
        {
            var listener = await starting.WaitAsync(Cap);
            var connecting = Connector.ConnectAsync(listener.LocalAddress);
            (await listener.AcceptAsync().WaitAsync(Cap)).Abort();
            (await connecting.WaitAsync(Cap)).Abort();
            await listener.DisposeAsync();
            Assert.False(System.IO.File.Exists(File));
            return;
        }
        var error = await Assert.ThrowsAsync<NetworkException>(() => starting.WaitAsync(Cap));
        Assert.Equal(SocketError.AddressAlreadyInUse, error.SocketError);
        Assert.Contains(says, error.Message, StringComparison.Ordinal);
        Assert.Equal(before, (Look(File), Look(target)));
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's locks.")]
    [MemberData(nameof(Engines))]
    public async Task Of_servers_that_start_at_once_on_a_dead_socket_one_wins_each_time(string engine)
    {
        const int Contenders = 4;
        var times = Thorough.IsOn ? 150 : 25;
        var options = new ListenOptions { Engine = EngineOf(engine) };
        for (var time = 0; time < times; time++)
        {
            Make("socket-dead", File);
            using var start = new Barrier(Contenders);
            var starting = Enumerable.Range(0, Contenders).Select(_ => LoopEngines.StartAsync(() =>
            {
                start.SignalAndWait(Cap);
                return Listener.ListenAsync(new UnixAddress(File), options);
            })).ToArray();
            var lost = await Task.WhenAll(starting.Select(one => Record.ExceptionAsync(() => one.WaitAsync(Cap)).AsTask()));
            Assert.Equal(Contenders - 1, lost.Count(error => error is NetworkException { SocketError: SocketError.AddressAlreadyInUse }));
            var winner = await starting.Single(one => one.IsCompletedSuccessfully);
            var connecting = Connector.ConnectAsync(winner.LocalAddress);
            (await winner.AcceptAsync().WaitAsync(Cap)).Abort();
            (await connecting.WaitAsync(Cap)).Abort();
            await winner.DisposeAsync();
            Assert.False(System.IO.File.Exists(File));
        }
    }

    /// <summary>Another server of the same directory may just be replacing a dead socket of its own: that takes a moment.</summary>
    [Fact(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's locks.")]
    public async Task A_server_waits_while_another_one_has_the_directory()
    {
        Make("socket-dead", File);
        Task<Listener> starting;
        using (DirectoryLock.Take(File, reason => new InvalidOperationException(reason)))
        {
            starting = LoopEngines.StartAsync(() => Listener.ListenAsync(new UnixAddress(File)));
            Assert.NotSame(starting, await Task.WhenAny(starting, Task.Delay(TimeSpan.FromMilliseconds(300))));
        }
        await (await starting.WaitAsync(Cap)).DisposeAsync();
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's inodes.")]
    [MemberData(nameof(Engines))]
    public async Task A_listener_that_ends_leaves_what_is_not_its_own(string engine)
    {
        foreach (var kind in new[] { "regular-empty", "socket-live", "socket-dead", "fifo", Link + "target" })
        {
            var listener = await Listener.ListenAsync(new UnixAddress(File), new ListenOptions { Engine = EngineOf(engine) });
            System.IO.File.Delete(File);
            if (kind.StartsWith(Link, StringComparison.Ordinal))
            {
                System.IO.File.CreateSymbolicLink(File, _directory.FullName);
            }
            else
            {
                Make(kind, File);
            }
            var before = Look(File);
            await listener.DisposeAsync();
            Assert.Equal(before, Look(File));
            System.IO.File.Delete(File);
        }
    }

    /// <summary>Two dots behind a link mean the directory above the link's target, and not the one above the link.</summary>
    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Unix's links.")]
    [MemberData(nameof(Engines))]
    public async Task A_path_is_what_the_system_takes_it_for(string engine)
    {
        var elsewhere = _directory.CreateSubdirectory("a").CreateSubdirectory("b");
        System.IO.File.CreateSymbolicLink(Path.Combine(_directory.FullName, "link"), elsewhere.FullName);
        Make("socket-dead", File);
        var own = Path.Combine(_directory.FullName, "a", "s");
        var path = new UnixAddress(Path.Combine(_directory.FullName, "link", "..", "s"));
        await using (await Listener.ListenAsync(path, new ListenOptions { Engine = EngineOf(engine) }))
        {
            Assert.True(System.IO.File.Exists(own));
        }
        Assert.False(System.IO.File.Exists(own));
        Assert.True(System.IO.File.Exists(File));       // dead, and another's
    }

    private static Engine EngineOf(string name) => name == "async" ? Engine.Async : LoopEngines.Make(name);

    private static (bool, string?, DateTime) Look(string path)
    {
        var file = new FileInfo(path);
        return (file.Exists || Directory.Exists(path), file.LinkTarget, file.CreationTimeUtc);
    }

    private void Make(string kind, string path)
    {
        switch (kind)
        {
            case "nothing":
                break;
            case "regular-empty":
                System.IO.File.WriteAllText(path, "");
                break;
            case "regular-full":
                System.IO.File.WriteAllText(path, "precious");
                break;
            case "fifo":
                UnixFiles.MakeFifo(path);
                break;
            case "device" when mknod(path, 0x2000 | 0x180, 0x103) != 0:
                Assert.Skip("Making a device needs a right that this user does not have.");
                break;
            case "device":
                break;
            case "directory":
                Directory.CreateDirectory(path);
                break;
            case "socket-dead":
                UnixFiles.MakeDeadSocket(path);
                break;
            case "socket-bound":
                _sockets.Add(Socket(path, SocketType.Stream));
                break;
            case "socket-datagram":
                _sockets.Add(Socket(path, SocketType.Dgram));
                break;
            case "socket-live":
                _sockets.Add(Socket(path, SocketType.Stream));
                _sockets[^1].Listen();
                break;
            default:
                _sockets.Add(Socket(path, SocketType.Stream));
                _sockets[^1].Listen(1);
                Fill(path);
                break;
        }
    }

    private void Fill(string path)
    {
        while (true)
        {
            var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
            _sockets.Add(client);
            try
            {
                client.Connect(new UnixDomainSocketEndPoint(path));
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.WouldBlock)
            {
                return;
            }
        }
    }

    private static Socket Socket(string path, SocketType type)
    {
        var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        return socket;
    }

    [DllImport("libc")]
    private static extern int mknod(string path, uint mode, ulong device);
}
