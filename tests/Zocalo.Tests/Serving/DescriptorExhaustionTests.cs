using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Zocalo.Tests.Serving;

/// <summary>A server without descriptors (accept(2), EMFILE), in a process of its own so that no other test starves with it.</summary>
public sealed class DescriptorExhaustionTests
{
    private const int Clients = 40;
    private static readonly TimeSpan Cap = TimeSpan.FromSeconds(30);

    [Fact(SkipUnless = nameof(HasLimits), Skip = "Needs a descriptor limit (ulimit): Unix.")]
    public async Task A_server_out_of_descriptors_lives_and_serves_who_waited_once_some_are_free()
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Starved.dll");
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"ulimit -n 300; exec dotnet '{program}'"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var clients = new List<Socket>();
        try
        {
            await ReadUntilAsync(process, "Listening");
            var address = Assert.IsType<TcpAddress>(Address.Parse(await process.StandardOutput.ReadLineAsync().WaitAsync(Cap) ?? ""));
            await ReadUntilAsync(process, "the thread pool runs");
            await ReadUntilAsync(process, "starved");
            for (var i = 0; i < Clients; i++)
            {
                var client = new Socket(SocketType.Stream, ProtocolType.Tcp);
                clients.Add(client);
                client.Connect(IPAddress.Loopback, address.Port);       // into the backlog at least
                client.Send([42]);
            }
            await ReadUntilAsync(process, "Accepting failed with TooManyOpenSockets");
            // what was held for bad times is free
            Assert.Equal("can open a file", await process.StandardOutput.ReadLineAsync().WaitAsync(Cap));
            Assert.False(process.HasExited);
            await process.StandardInput.WriteLineAsync("free");
            foreach (var client in clients)
            {
                var reply = new byte[1];
                Assert.Equal(1, await client.ReceiveAsync(reply).WaitAsync(Cap));
                Assert.Equal(42, reply[0]);
            }
            await ReadUntilAsync(process, "Accepting goes on");
            process.StandardInput.Close();
            clients.ForEach(client => client.Dispose());
            await process.WaitForExitAsync(new CancellationTokenSource(Cap).Token);
            Assert.Equal(0, process.ExitCode);
        }
        finally
        {
            clients.ForEach(client => client.Dispose());
            if (!process.HasExited)
            {
                process.Kill();
            }
        }
    }

    public static bool HasLimits => !OperatingSystem.IsWindows();

    private static async Task ReadUntilAsync(Process process, string start)
    {
        while (await process.StandardOutput.ReadLineAsync().WaitAsync(Cap) is { } line)
        {
            if (line.StartsWith(start, StringComparison.Ordinal))
            {
                return;
            }
        }
        Assert.Fail($"The server ended before it said '{start}'.");
    }
}
