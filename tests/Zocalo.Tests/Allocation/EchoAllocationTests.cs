using System.Net;
using System.Net.Sockets;
using Zocalo.Contract.Harness;
using Zocalo.Tests.Engines.Loops;

namespace Zocalo.Tests.Allocation;

/// <summary>Counts every byte that the process allocates while an echo runs, so nothing else may run beside it.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>0 bytes a message in the steady state, for every way of writing a handler. The client is a blocking socket, which allocates
/// nothing.</summary>
[Collection(nameof(Alone))]
public sealed class EchoAllocationTests
{
    private const int Messages = 5_000;

    // What the runtime does in the background in that time (a pool thread that starts, a timer) is charged here too: less than a byte a
    // message, where the smallest object would be 24.
    private const int Background = Messages;

    // Of each call, so that the exchange ends as well, however long a slow machine takes for all of it.
    private static readonly int s_capMilliseconds = (int)Patience.Cap.TotalMilliseconds;

    public static TheoryData<string, ConnectionHandler> Handlers => new()
    {
        { "CopyToAsync", (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct) },
        { "ReadAsync, GetSpan, Advance, FlushAsync", CopyByHandAsync },
        { "ReceiveAsync, SendAsync", ReceiveAndSendAsync },
        { "Stream.ReadAsync, Stream.WriteAsync", ReadAndWriteAsync },
    };

    [Theory]
    [MemberData(nameof(Handlers), DisableDiscoveryEnumeration = true)]
    public async Task An_echo_allocates_nothing_for_a_message(string name, ConnectionHandler handler)
    {
        await using var server = new Served(await SocketServer.StartAsync("127.0.0.1:0", handler).InTime());
        // Connected synchronously: a socket that was once used asynchronously allocates for its blocking calls.
        using var client = new Socket(SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = s_capMilliseconds,
            SendTimeout = s_capMilliseconds,
        };
        client.Connect(new IPEndPoint(IPAddress.Loopback, ((TcpAddress)server.LocalAddress).Port));
        var allocated = long.MaxValue;
        await Task.Factory.StartNew(
            () =>
            {
                Exchange(client, Messages);     // the warm-up: code, pools, the first segments
                // The least of three: what is charged for every message shows in each of them.
                for (var i = 0; i < 3; i++)
                {
                    var before = GC.GetTotalAllocatedBytes(precise: true);
                    Exchange(client, Messages);
                    allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
                }
            },
            TaskCreationOptions.LongRunning);
        Assert.True(allocated < Background, $"{name}: {allocated} bytes for {Messages} messages.");
    }

    private static void Exchange(Socket client, int messages)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < messages; i++)
        {
            client.Send(message);
            for (var received = 0; received < message.Length;)
            {
                received += client.Receive(message[received..]) is > 0 and var count ? count : throw new EndOfStreamException();
            }
        }
    }

    private static async Task CopyByHandAsync(Connection connection, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await connection.Input.ReadAsync(cancellationToken);
            foreach (var part in read.Buffer)
            {
                part.Span.CopyTo(connection.Output.GetSpan(part.Length));
                connection.Output.Advance(part.Length);
            }
            await connection.Output.FlushAsync(cancellationToken);
            connection.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task ReceiveAndSendAsync(Connection connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        while (await connection.ReceiveAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await connection.SendAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }

    private static async Task ReadAndWriteAsync(Connection connection, CancellationToken cancellationToken)
    {
        var buffer = new byte[4096];
        await using var stream = connection.AsStream();
        while (await stream.ReadAsync(buffer, cancellationToken) is > 0 and var count)
        {
            await stream.WriteAsync(buffer.AsMemory(0, count), cancellationToken);
        }
    }
}
