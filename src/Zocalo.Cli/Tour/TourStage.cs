using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Zocalo.Cli;

/// <summary>
/// One thing that tutorials leave to the reader, shown at work. To add a row, write its class and name it in
/// <see cref="TourRun"/>; nothing else knows the rows.
/// </summary>
internal interface ITourRow
{
    /// <summary>What is shown, in three or four words.</summary>
    string Name { get; }

    /// <summary>Lines for bash that do the same by hand.</summary>
    /// <param name="zocalo">How this program is called.</param>
    /// <param name="address">Where the servers listen.</param>
    string Repeat(string zocalo, string address);

    /// <summary>Does it, over real sockets.</summary>
    /// <returns>What was done and whether it held. An exception is a row that failed.</returns>
    Task<Outcome> RunAsync(TourStage stage, CancellationToken ct);
}

/// <summary>How a row went.</summary>
internal sealed record Outcome(bool Held, string Done);

/// <summary>What a client had back.</summary>
/// <param name="Count">How many replies came before the other thing was over.</param>
/// <param name="Slowest">How long one took at most.</param>
internal sealed record Replies(int Count, TimeSpan Slowest);

/// <summary>What the rows of the tour work with: the echo server of the tutorial, more servers on request, and a place to print.</summary>
internal sealed class TourStage : IAsyncDisposable
{
    // As quick as people type, and quicker; but a row is no benchmark.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    private readonly ConcurrentBag<EchoProcess> _servers = [];
    private EchoProcess? _tutorial;

    /// <summary>The server of the tutorial, on its port when that was free.</summary>
    public EchoProcess Tutorial => _tutorial ?? throw new InvalidOperationException("the stage is not set");

    /// <summary>All that comes until the peer finishes.</summary>
    public static async Task<byte[]> ReadToEndAsync(Connection connection, CancellationToken ct)
    {
        var all = new MemoryStream();
        await connection.Input.CopyToAsync(all, ct);
        return all.ToArray();
    }

    /// <summary>Sends a word, and has it back.</summary>
    public static async Task TripAsync(Connection connection, byte[] word, CancellationToken ct)
    {
        await connection.SendAsync(word, ct);
        var reply = await connection.Input.ReadAtLeastAsync(word.Length, ct);
        if (reply.Buffer.Length < word.Length)
        {
            throw new ToolException("the server ended the connection too early", ExitCode.Network);
        }
        connection.Input.AdvanceTo(reply.Buffer.End);
    }

    /// <summary>A client that sends a word again and again, and has it back each time, until something else is over.</summary>
    public static async Task<Replies> ExchangeUntilAsync(Task over, Address server, byte[] word, CancellationToken ct)
    {
        await using var connection = await Connector.ConnectAsync(server, null, ct);
        var count = 0;
        var slowest = TimeSpan.Zero;
        while (!over.IsCompleted)
        {
            var sent = TimeProvider.System.GetTimestamp();
            await TripAsync(connection, word, ct);
            var took = TimeProvider.System.GetElapsedTime(sent);
            slowest = took > slowest ? took : slowest;
            count += over.IsCompleted ? 0 : 1;
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
        return new Replies(count, slowest);
    }

    /// <summary>Starts the server of the tutorial; when its port is taken, on a free one, and says so.</summary>
    public async Task SetAsync(CancellationToken ct)
    {
        try
        {
            _tutorial = await StartEchoAsync(EchoCommand.DefaultAddress, [], ct);
        }
        catch (EchoProcessException refused) when (refused.SocketError == SocketError.AddressAlreadyInUse)
        {
            _tutorial = await StartEchoAsync([], ct);
            Tell($"{EchoCommand.DefaultAddress} is taken by another program; the tour uses {PeerName.Of(_tutorial.Address)}");
        }
    }

    /// <summary>An echo server in a process of its own. It ends with the stage, or with this process, however that ends.</summary>
    public Task<EchoProcess> StartEchoAsync(string[] options, CancellationToken ct) => StartEchoAsync("127.0.0.1:0", options, ct);

    /// <summary>Prints one indented line.</summary>
    public static void Tell(string line) => StandardStream.Output.Write($"  {ByteText.OneLine(line)}\n");

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private async Task<EchoProcess> StartEchoAsync(string address, string[] options, CancellationToken ct)
    {
        var server = await EchoProcess.StartAsync(address, options, ct);
        _servers.Add(server);
        return server;
    }
}
