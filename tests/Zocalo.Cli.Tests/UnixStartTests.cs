namespace Zocalo.Cli.Tests;

/// <summary>
/// What lies at a Unix socket's path when servers start there, each a process of its own: of any number one replaces a dead socket, and
/// nothing else is touched.
/// </summary>
public sealed class UnixStartTests : IDisposable
{
    private const int Servers = 6;

    private readonly DirectoryInfo _directory;

    public UnixStartTests()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM, no FIFOs, and links only for some users");
        _directory = Directory.CreateTempSubdirectory("zocalo-");
    }

    private string Place => Path.Combine(_directory.FullName, "server");

    private string Target => Path.Combine(_directory.FullName, "target");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public async Task Of_servers_that_start_at_once_on_a_dead_socket_one_serves_and_each_other_names_the_path()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only on Linux do servers lock the directory before they replace a dead socket");
        for (var round = 0; round < Thorough.Times(60); round++)
        {
            UnixFiles.MakeDeadSocket(Place);
            var servers = new List<ToolProcess>();
            try
            {
                for (var i = 0; i < Servers; i++)
                {
                    servers.Add(StartServer());
                }
                var said = await Task.WhenAll(servers.Select(FirstWordAsync));
                Assert.Single(said, "listening");
                var winner = servers[Array.IndexOf(said, "listening")];
                foreach (var loser in servers.Where(server => server != winner))
                {
                    await AssertRefusedAsync(loser);
                }
                Assert.True(File.Exists(Place), "the file has gone while its server lives");
                await AssertEchoesAsync(winner);
                winner.Signal(LibC.SignalTerminate);
                Assert.Equal(0, (await winner.ExitedAsync()).ExitCode);
                Assert.Empty(_directory.EnumerateFileSystemInfos());
            }
            finally
            {
                foreach (var server in servers)
                {
                    await server.DisposeAsync();
                }
            }
        }
    }

    [Theory]
    [InlineData("an empty file")]
    [InlineData("a file with content")]
    [InlineData("a FIFO")]
    [InlineData("a link to a file")]
    [InlineData("a link to a dead socket")]
    [InlineData("a directory")]
    public async Task A_server_does_not_start_on_anything_else_and_leaves_it_as_it_was(string what)
    {
        Make(what);
        var before = Look();
        await using var server = StartServer();
        Assert.Equal("zocalo", await FirstWordAsync(server));
        await AssertRefusedAsync(server);
        Assert.Equal(before, Look());
    }

    private ToolProcess StartServer() => ToolProcess.Start("echo", $"unix:{Place}");

    /// <summary>Waits until a server has started or failed to: <c>listening</c>, or <c>zocalo</c>, with which an error begins.</summary>
    private static async Task<string> FirstWordAsync(ToolProcess server)
    {
        var line = await server.ErrorAsync("^(listening) on |^(zocalo): ");
        return line.Groups[1].Value + line.Groups[2].Value;
    }

    private async Task AssertRefusedAsync(ToolProcess server)
    {
        var result = await server.ExitedAsync();
        Assert.Equal(1, result.ExitCode);
        var error = Assert.Single(result.Errors, line => line.StartsWith("zocalo: ", StringComparison.Ordinal));
        Assert.Contains(Place, error, StringComparison.Ordinal);
        Assert.Contains("the path is in use: ", error, StringComparison.Ordinal);
    }

    private async Task AssertEchoesAsync(ToolProcess server)
    {
        using var client = await Peer.ConnectAsync(Place);
        await client.SendAsync("hey");
        Assert.Equal("hey", await client.ReceiveAsync(3));
        client.Finish();
        Assert.Empty(await client.ReceiveAllAsync());
        await server.ErrorAsync("^closed .*: PeerFinished, 3 in, 3 out$");
    }

    private void Make(string what)
    {
        switch (what)
        {
            case "an empty file":
                File.WriteAllText(Place, "");
                break;
            case "a file with content":
                File.WriteAllText(Place, "precious");
                break;
            case "a FIFO":
                UnixFiles.MakeFifo(Place);
                break;
            case "a link to a file":
                File.WriteAllText(Target, "precious");
                File.CreateSymbolicLink(Place, Target);
                break;
            case "a link to a dead socket":
                UnixFiles.MakeDeadSocket(Target);
                File.CreateSymbolicLink(Place, Target);
                break;
            case "a directory":
                File.WriteAllText(Path.Combine(Directory.CreateDirectory(Place).FullName, "inside"), "precious");
                break;
            default:
                Assert.Fail($"{what} is not known");
                break;
        }
    }

    /// <summary>All that lies in the directory, and whether it is still the same: one that was made anew has later times.</summary>
    private string[] Look() =>
    [
        .. _directory.EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .OrderBy(entry => entry.FullName, StringComparer.Ordinal)
            .Select(entry => $"{entry.FullName}: {Describe(entry)}, {entry.UnixFileMode}"
                + $", {entry.CreationTimeUtc:O}, {entry.LastWriteTimeUtc:O}"),
    ];

    private static string Describe(FileSystemInfo entry)
    {
        if (entry.LinkTarget is { } target)
        {
            return $"link to {target}";
        }
        if (entry is DirectoryInfo)
        {
            return "directory";
        }
        try
        {
            // For both ways: a FIFO opened for one of them waits for the other.
            using var file = new FileStream(entry.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
            return file.CanSeek ? $"file with '{new StreamReader(file).ReadToEnd()}'" : "FIFO";
        }
        catch (IOException)
        {
            return "socket";        // open(2) takes none
        }
    }
}
