using System.Net.Sockets;
using Zocalo.Engines;

namespace Zocalo.Tests.Engines.Loops.Sockets;

/// <summary>One system call answers with an error that is hard to provoke: the connection ends with the right reason, or nothing happens at
/// all, and the loop goes on.</summary>
public sealed class InjectedErrorTests
{
    private static readonly TimeSpan Cap = LoopEngines.Cap;

    private readonly InjectedCalls _calls = new();

    public static TheoryData<string> All => LoopEngines.All;

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_reset_found_by_a_receive_ends_one_connection_and_no_other(string name)
    {
        var victim = -1;
        _calls.OnReceive = socket => socket == victim ? IoResult.Failed(SocketError.ConnectionReset) : null;
        await CheckOneBreaksAsync(name, socket => victim = socket, EndReason.Reset, SocketError.ConnectionReset);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_broken_pipe_found_by_a_send_ends_one_connection_and_no_other(string name)
    {
        var victim = -1;
        _calls.OnSend = socket => socket == victim ? IoResult.Failed(SocketError.Shutdown) : null;
        await CheckOneBreaksAsync(name, socket => victim = socket, EndReason.Reset, SocketError.Shutdown);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task Connections_that_die_in_the_backlog_are_skipped(string name)
    {
        var errors = new Queue<SocketError>(
            [SocketError.ConnectionAborted, SocketError.Interrupted, SocketError.ConnectionReset, SocketError.HostUnreachable]);
        _calls.OnAccept = _ => errors.TryDequeue(out var error) ? IoResult.Failed(error) : null;
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), LoopEngines.EchoAsync);
        using var client = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        Assert.Empty(errors);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_lack_of_descriptors_or_memory_is_waited_out_by_accepting(string name)
    {
        var errors = new Queue<SocketError>(
            [SocketError.TooManyOpenSockets, SocketError.NoBufferSpaceAvailable, SocketError.TooManyOpenSockets]);
        _calls.OnAccept = _ => errors.TryDequeue(out var error) ? IoResult.Failed(error) : null;
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), LoopEngines.EchoAsync);
        using var client = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        Assert.Empty(errors);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_send_without_memory_goes_on_by_itself_when_there_is_some_again(string name)
    {
        var lacks = 20;
        _calls.OnSend = _ => Interlocked.Decrement(ref lacks) >= 0 ? IoResult.Failed(SocketError.NoBufferSpaceAvailable) : null;
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), LoopEngines.EchoAsync);
        using var client = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        Assert.True(lacks < 0);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_connection_can_be_aborted_while_its_send_has_no_memory(string name)
    {
        var tried = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _calls.OnSend = _ =>
        {
            tried.TrySetResult();
            return IoResult.Failed(SocketError.NoBufferSpaceAvailable);
        };
        var connections = new TaskCompletionSource<Connection>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), async (connection, ct) =>
        {
            connections.SetResult(connection);
            await connection.SendAsync(new byte[1], ct);
            await connection.CompleteOutputAsync(ct);
        });
        using var client = LoopEngines.Connect(served.LocalAddress);
        await tried.Task.WaitAsync(Cap);
        var connection = await connections.Task;
        connection.Abort();
        Assert.Equal(EndReason.Aborted, (await connection.Closed.WaitAsync(Cap)).Reason);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_connect_that_finds_the_backlog_full_tries_again(string name)
    {
        var answers = new Queue<SocketError>(
            [SocketError.WouldBlock, SocketError.WouldBlock, SocketError.Interrupted, SocketError.WouldBlock]);
        _calls.OnConnect = _ => answers.TryDequeue(out var answer) ? IoResult.Failed(answer) : null;
        var engine = LoopEngines.Make(name, _calls);
        await using var served = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync);
        await using var connection = await Connector.ConnectAsync(
            served.LocalAddress, new ConnectOptions { Engine = engine }).WaitAsync(Cap);
        Assert.Empty(answers);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(All))]
    public async Task A_client_whose_peer_is_gone_before_it_asks_for_its_name_still_knows_whom_it_called(string name)
    {
        using var listener = new Socket(SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new System.Net.IPEndPoint(System.Net.IPAddress.Loopback, 0));
        listener.Listen();
        var address = new TcpAddress("127.0.0.1", ((System.Net.IPEndPoint)listener.LocalEndPoint!).Port);
        _calls.OnLocalName = () =>
        {
            var peer = listener.Accept();
            peer.Close(0);      // a reset: getpeername(2) then answers ENOTCONN
        };
        var connection = await Connector.ConnectAsync(
            address, new ConnectOptions { Engine = LoopEngines.Make(name, _calls) }).WaitAsync(Cap);
        Assert.Equal(address, connection.RemoteAddress);
        connection.Abort();
    }

    private async Task CheckOneBreaksAsync(string name, Action<int> choose, EndReason reason, SocketError error)
    {
        var seen = new System.Collections.Concurrent.ConcurrentQueue<int>();
        var (receive, send) = (_calls.OnReceive, _calls.OnSend);
        _calls.OnReceive = socket =>
        {
            seen.Enqueue(socket);
            return receive(socket);
        };
        var ended = new TaskCompletionSource<ConnectionEnd>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var served = await LoopEngines.ServeAsync(LoopEngines.Make(name, _calls), async (connection, ct) =>
        {
            try
            {
                await LoopEngines.EchoAsync(connection, ct);
            }
            finally
            {
                _ = connection.Closed.ContinueWith(closed => ended.TrySetResult(closed.Result), TaskScheduler.Default);
            }
        });
        using var spared = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(spared));
        var others = seen.ToHashSet();
        using var client = LoopEngines.Connect(served.LocalAddress);
        await LoopEngines.RunAsync(() => LoopEngines.Ping(client));
        choose(seen.First(socket => !others.Contains(socket)));
        client.Send([1]);
        var end = await ended.Task.WaitAsync(Cap);
        Assert.Equal((reason, (SocketError?)error), (end.Reason, end.SocketError));
        await LoopEngines.RunAsync(() => LoopEngines.Ping(spared));
    }
}
