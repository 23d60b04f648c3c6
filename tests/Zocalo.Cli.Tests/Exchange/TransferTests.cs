using System.Globalization;
using System.Security.Cryptography;

namespace Zocalo.Cli.Tests;

public sealed class TransferTests
{
    private const int Size = 64 << 20;

    public static TheoryData<string> Handlers => Thorough.IsOn ? ["copy", "plain"] : ["copy"];

    [Theory]
    [MemberData(nameof(Handlers))]
    public async Task Sixty_four_MiB_come_back_with_the_same_hash_and_memory_stays_flat(string handler)
    {
        (var echo, var port) = await ToolProcess.EchoAsync("--handler", handler);
        await using var _ = echo;
        await using var client = ToolProcess.Start("connect", $":{port}");
        var sent = RandomNumberGenerator.GetBytes(Size);
        var feeding = Task.Run(async () =>
        {
            await client.Input.WriteAsync(sent);
            client.EndInput();
        });
        var result = await client.ExitedAsync();
        await feeding;
        Assert.Equal(0, result.ExitCode);
        Assert.Equal(Convert.ToHexString(SHA256.HashData(sent)), Convert.ToHexString(SHA256.HashData(result.OutputBytes)));
        if (OperatingSystem.IsLinux())
        {
            Assert.InRange(PeakMemory(echo.Id), 1, 150L << 20);
        }
    }

    [Fact]
    public async Task A_peer_that_does_not_read_holds_the_sender_back()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the resident memory of a process is read from /proc");
        using var listener = Peer.Listen();
        await using var client = ToolProcess.Start("connect", $"127.0.0.1:{UsageTests.PortOf(listener)}");
        using var server = await Peer.AcceptAsync(listener);
        var much = new byte[256 << 20];
        using var stop = new CancellationTokenSource();
        var feeding = client.Input.WriteAsync(much, stop.Token).AsTask();

        // It would take a tool without back-pressure far less than two seconds to swallow all of it.
        await Task.WhenAny(feeding, Task.Delay(TimeSpan.FromSeconds(2)));
        Assert.False(feeding.IsCompleted, "the tool took everything although nobody reads");
        Assert.InRange(PeakMemory(client.Id), 1, 150L << 20);
    }

    private static long PeakMemory(int processId)
    {
        var line = File.ReadLines($"/proc/{processId}/status").Single(each => each.StartsWith("VmHWM:", StringComparison.Ordinal));
        return 1024 * long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
