using System.Net.Sockets;

namespace Zocalo.Tests.Engines.Loops.Sockets;

/// <summary>The file of a listening Unix socket goes with the listener, and whatever became of it meanwhile, the listener ends.</summary>
public sealed class UnixListenerTests : IDisposable
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zl-");

    public static TheoryData<string> All => ["async", "threads", "select", "epoll"];

    public static TheoryData<string> Loops => ["threads", "select", "epoll"];

    private string File => Path.Combine(_directory.FullName, "s");

    public void Dispose()
    {
        if (_directory.Exists)
        {
            Directory.Delete(_directory.FullName, recursive: true);
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_stopped_server_leaves_no_file_and_another_can_begin_there_at_once(string name)
    {
        var engine = EngineOf(name);
        for (var i = 0; i < 3; i++)
        {
            await using (var served = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync, new UnixAddress(File)))
            {
                await using var connection = await Connector.ConnectAsync(
                    served.LocalAddress, new ConnectOptions { Engine = engine }).WaitAsync(Cap);
            }
            Assert.False(System.IO.File.Exists(File));
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_server_stops_though_its_directory_is_gone(string name)
    {
        var served = await LoopEngines.ServeAsync(EngineOf(name), LoopEngines.EchoAsync, new UnixAddress(File));
        Directory.Delete(_directory.FullName, recursive: true);
        await served.Server.StopAsync().WaitAsync(Cap);
        _directory.Refresh();
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_listener_ends_though_its_directory_is_gone_and_so_does_its_accept(string name)
    {
        var listener = await Listener.ListenAsync(new UnixAddress(File), new ListenOptions { Engine = EngineOf(name) });
        var accepting = listener.AcceptAsync();
        Directory.Delete(_directory.FullName, recursive: true);
        await listener.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => accepting.WaitAsync(Cap));
        _directory.Refresh();
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Loops))]
    [InlineData("async")]
    public async Task Clients_wait_while_the_backlog_is_full_and_all_are_served(string name)
    {
        var engine = EngineOf(name);
        await using var listener = await Listener.ListenAsync(new UnixAddress(File), new ListenOptions { Engine = engine, Backlog = 1 });
        var connecting = Enumerable.Range(0, 12)
            .Select(_ => Connector.ConnectAsync(listener.LocalAddress, new ConnectOptions { Engine = engine }))
            .ToArray();
        for (var i = 0; i < connecting.Length; i++)
        {
            var accepted = await listener.AcceptAsync().WaitAsync(Cap);
            accepted.Abort();
        }
        foreach (var connection in await Task.WhenAll(connecting).WaitAsync(Cap))
        {
            connection.Abort();
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task Nobody_gets_in_after_the_stop(string name)
    {
        await using var served = await LoopEngines.ServeAsync(EngineOf(name), LoopEngines.EchoAsync, new UnixAddress(File));
        await served.Server.StopAsync().WaitAsync(Cap);
        using var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        Assert.ThrowsAny<SocketException>(() => client.Connect(new UnixDomainSocketEndPoint(File)));
    }

    private static Engine EngineOf(string name) => name == "async" ? Engine.Async : LoopEngines.Make(name);
}
