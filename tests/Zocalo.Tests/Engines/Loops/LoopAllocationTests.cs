using System.Net.Sockets;
using Zocalo.Tests.Allocation;

namespace Zocalo.Tests.Engines.Loops;

/// <summary>0 bytes a message on the engines that own their threads, as on the engine async: see
/// <see cref="EchoAllocationTests"/>.</summary>
[Collection(nameof(Alone))]
public sealed class LoopAllocationTests
{
    private const int Messages = 5_000;
    private const int Background = Messages;        // what the runtime does meanwhile: less than a byte a message

    public static TheoryData<string, string> Cases
    {
        get
        {
            var cases = new TheoryData<string, string>();
            foreach (var engine in (string[])["threads", "select", "epoll"])
            {
                cases.Add(engine, "CopyToAsync");
                cases.Add(engine, "ReceiveAsync, SendAsync");
            }
            return cases;
        }
    }

    [Theory(SkipUnless = nameof(LoopEngines.IsLinux), SkipType = typeof(LoopEngines), Skip = "Linux's calls.")]
    [MemberData(nameof(Cases))]
    public async Task An_echo_on_a_loop_allocates_nothing_for_a_message(string engine, string handler)
    {
        await using var served = await LoopEngines.ServeAsync(
            LoopEngines.Make(engine, rescue: engine == "epoll"), handler == "CopyToAsync" ? LoopEngines.EchoAsync : ReceiveAndSendAsync);
        using var one = LoopEngines.Connect(served.LocalAddress);
        using var another = LoopEngines.Connect(served.LocalAddress);
        var allocated = long.MaxValue;
        await Task.Factory.StartNew(
            () =>
            {
                Exchange(one, another);     // the warm-up
                for (var i = 0; i < 3; i++)
                {
                    var before = GC.GetTotalAllocatedBytes(precise: true);
                    Exchange(one, another);
                    allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
                }
            },
            TaskCreationOptions.LongRunning);
        Assert.True(allocated < Background, $"{engine}, {handler}: {allocated} bytes for {Messages} messages.");
    }

    private static void Exchange(Socket one, Socket another)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < Messages / 2; i++)
        {
            one.Send(message);
            another.Send(message);
            Receive(one, message);
            Receive(another, message);
        }
    }

    private static void Receive(Socket socket, Span<byte> message)
    {
        for (var received = 0; received < message.Length;)
        {
            received += socket.Receive(message[received..]) is > 0 and var count ? count : throw new EndOfStreamException();
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
}
