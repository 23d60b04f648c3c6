using System.Net.Sockets;
using Zocalo.Engines;

namespace Zocalo.Tests.Engines.Loops.Sockets;

/// <summary>The system takes and gives little at a time, says "would block" though it could, is interrupted, has no memory: every byte
/// still arrives, once and in order, and every end is the right one.</summary>
public sealed class InjectedStormTests : IDisposable
{
    private const int Connections = 4;
    private const int Length = 24 * 1024;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("zs-");

    public static TheoryData<string, bool, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, bool, int>();
            foreach (var name in (string[])["threads", "select", "epoll"])
            {
                foreach (var seed in (int[])[1, 2, 3])
                {
                    cases.Add(name, seed == 2, seed);
                }
            }
            return cases;
        }
    }

    public static TheoryData<string, int> CasesOverTcp
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (var (name, _, seed) in Cases.Select(row => row.Data).Where(row => !row.Item2))
            {
                cases.Add(name, seed);
            }
            return cases;
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public async Task Every_byte_arrives_through_a_storm_of_short_counts_and_passing_errors(string name, bool unix, int seed)
    {
        var calls = Storm(seed);
        var engine = LoopEngines.Make(name, calls, loops: 2, around: inner => new HonestPoller(inner, calls));
        await using var served = await LoopEngines.ServeAsync(
            engine, LoopEngines.EchoAsync, unix ? new UnixAddress(Path.Combine(_directory.FullName, "s")) : null);
        var talks = Enumerable.Range(0, Connections).Select(i => TalkAsync(engine, served.LocalAddress, (seed * 100) + i));
        await Task.WhenAll(talks).WaitAsync(LoopEngines.Cap);
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(CasesOverTcp))]
    public async Task A_drain_in_a_storm_lets_through_what_had_arrived(string name, int seed)
    {
        const int Sent = 5000;
        var calls = Storm(seed);
        var engine = LoopEngines.Make(name, calls, loops: 2, around: inner => new HonestPoller(inner, calls));
        // The drain's own limit is no part of this: on a busy machine it would cut what it should let through.
        var options = new ServerOptions { DrainTimeout = LoopEngines.Cap };
        await using var served = await LoopEngines.ServeAsync(engine, LoopEngines.EchoAsync, options: options);
        var clients = Enumerable.Range(0, 12).Select(_ => LoopEngines.Connect(served.LocalAddress)).ToList();
        clients.ForEach(client => Assert.Equal(Sent, client.Send(new byte[Sent])));
        var stopped = served.Server.StopAsync();
        await LoopEngines.RunAsync(() => clients.ForEach(client =>
        {
            LoopEngines.Receive(client, Sent);
            Assert.Equal(0, client.Receive(new byte[1]));
            client.Dispose();
        }));
        await stopped.WaitAsync(LoopEngines.Cap);
    }

    public void Dispose() => _directory.Delete(recursive: true);

    /// <summary>What a kernel may do to any program at any time, drawn from a seed.</summary>
    private static InjectedCalls Storm(int seed)
    {
        var random = new Random(seed);
        int Draw(int below)
        {
            lock (random)
            {
                return random.Next(below);
            }
        }
        return new InjectedCalls
        {
            OnReceive = _ => Draw(10) switch
            {
                0 => IoResult.Pending,
                1 => IoResult.Failed(SocketError.Interrupted),
                _ => null,
            },
            OnSend = _ => Draw(200) switch
            {
                < 20 => IoResult.Pending,
                < 40 => IoResult.Failed(SocketError.Interrupted),
                40 => IoResult.Failed(SocketError.NoBufferSpaceAvailable),
                _ => null,
            },
            OnAccept = _ => Draw(5) switch
            {
                0 => IoResult.Pending,
                1 => IoResult.Failed(SocketError.Interrupted),
                2 => IoResult.Failed(SocketError.ConnectionAborted),
                _ => null,
            },
            OnConnect = _ => Draw(3) == 0 ? IoResult.Failed(SocketError.Interrupted) : null,
            Most = () => Draw(8) == 0 ? 1 : 1 + Draw(4000),
        };
    }

    private static async Task TalkAsync(Engine engine, Address address, int seed)
    {
        await using var connection = await Connector.ConnectAsync(address, new ConnectOptions { Engine = engine });
        var bytes = new byte[Length];
        new Random(seed).NextBytes(bytes);
        var writing = WriteAsync(connection, bytes, new Random(seed));
        var received = new byte[Length];
        for (var count = 0; count < Length;)
        {
            var some = await connection.ReceiveAsync(received.AsMemory(count));
            Assert.True(some > 0, $"the echo ended after {count} bytes");
            count += some;
        }
        await writing;
        Assert.True(bytes.AsSpan().SequenceEqual(received), $"seed {seed}: other bytes came back");
        Assert.Equal(0, await connection.ReceiveAsync(received));
        var end = await connection.CloseAsync();
        Assert.Equal((EndReason.Completed, DirectionEnd.Finished, DirectionEnd.Finished), (end.Reason, end.Input, end.Output));
        Assert.Equal((Length, Length), (end.BytesReceived, end.BytesSent));
    }

    private static async Task WriteAsync(Connection connection, byte[] bytes, Random random)
    {
        for (var sent = 0; sent < bytes.Length;)
        {
            var some = Math.Min(bytes.Length - sent, 1 + random.Next(9000));
            if (random.Next(2) == 0)
            {
                await connection.SendAsync(bytes.AsMemory(sent, some));
            }
            else
            {
                // Written in pieces: one vectored send, whose parts the system may cut anywhere.
                foreach (var piece in bytes.AsMemory(sent, some).ToArray().Chunk(700))
                {
                    piece.CopyTo(connection.Output.GetMemory(piece.Length));
                    connection.Output.Advance(piece.Length);
                }
                await connection.Output.FlushAsync();
            }
            sent += some;
        }
        await connection.CompleteOutputAsync();
    }
}
