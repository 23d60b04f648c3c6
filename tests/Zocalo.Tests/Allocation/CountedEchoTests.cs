using System.Net;
using System.Net.Sockets;
using Zocalo.Contract.Harness;
using Zocalo.Tests.Engines.Loops;
using Zocalo.Tests.Telemetry;

namespace Zocalo.Tests.Allocation;

/// <summary>What it costs to be counted and watched: nothing for a message. For a connection: <see cref="IdleConnectionTests"/>.</summary>
[Collection(nameof(Alone))]
public sealed class CountedEchoTests
{
    private const int Messages = 5_000;

    [Fact]
    public async Task A_message_costs_nothing_with_all_of_it_on()
    {
        using var meter = new OwnMeter();
        var ended = 0;
        var control = new UnixAddress(Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.zocalo"));
        var server = new Served(await SocketServer.StartAsync(
            "127.0.0.1:0",
            (connection, ct) => connection.Input.CopyToAsync(connection.Output, ct),
            new() { MeterFactory = meter, Ended = (_, _) => ended++, ControlSocket = control }).InTime());
        await using (server)
        {
            using var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
            client.Connect(new IPEndPoint(IPAddress.Loopback, ((TcpAddress)server.LocalAddress).Port));
            var allocated = long.MaxValue;
            await Task.Factory.StartNew(
                () =>
                {
                    Exchange(client);
                    for (var i = 0; i < 3; i++)
                    {
                        var before = GC.GetTotalAllocatedBytes(precise: true);
                        Exchange(client);
                        allocated = Math.Min(allocated, GC.GetTotalAllocatedBytes(precise: true) - before);
                    }
                },
                TaskCreationOptions.LongRunning);
            Assert.True(allocated < Messages, $"{allocated} bytes for {Messages} messages.");
            meter.Collect();
            Assert.Equal(4 * 64 * Messages, meter.Of("zocalo.connection.io", "network.io.direction=receive"));
        }
        Assert.Equal(1, ended);
    }

    private static void Exchange(Socket client)
    {
        Span<byte> message = stackalloc byte[64];
        for (var i = 0; i < Messages; i++)
        {
            client.Send(message);
            for (var received = 0; received < message.Length;)
            {
                received += client.Receive(message[received..]) is > 0 and var count ? count : throw new EndOfStreamException();
            }
        }
    }
}
