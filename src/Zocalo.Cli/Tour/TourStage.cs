using System.Collections.Concurrent;
using System.Net.Sockets;

namespace Zocalo.Cli;

/// <summary>What the rows of the tour work with: the echo server of the tutorial, more servers on request, and a place to print.</summary>
internal sealed class TourStage(StandardStream output, TimeProvider time) : IAsyncDisposable
{
    private readonly ConcurrentBag<EchoProcess> _servers = [];
    private EchoProcess? _tutorial;

    /// <summary>The server of the tutorial, on its port when that was free.</summary>
    public EchoProcess Tutorial => _tutorial ?? throw new InvalidOperationException("the stage is not set");

    public TimeProvider Time => time;

    /// <summary>Starts the server of the tutorial; when its port is taken, on a free one, and says so.</summary>
    public async Task SetAsync(CancellationToken ct)
    {
        try
        {
            _tutorial = await StartEchoAsync(EchoCommand.DefaultAddress, [], ct);
        }
        catch (EchoProcessException refused) when (refused.Name == nameof(SocketError.AddressAlreadyInUse))
        {
            _tutorial = await StartEchoAsync("127.0.0.1:0", [], ct);
            Tell($"{EchoCommand.DefaultAddress} is taken by another program; the tour uses {PeerName.Of(_tutorial.Address)}");
        }
    }

    /// <summary>An echo server in a process of its own. It ends with the stage, or with this process, however that ends.</summary>
    public async Task<EchoProcess> StartEchoAsync(string address, string[] options, CancellationToken ct)
    {
        EchoProcess server = await EchoProcess.StartAsync(address, options, ct);
        _servers.Add(server);
        return server;
    }

    /// <summary>Prints one indented line.</summary>
    public void Tell(string line) => output.Write($"  {ByteText.OneLine(line)}\n");

    public async ValueTask DisposeAsync()
    {
        foreach (EchoProcess server in _servers)
        {
            await server.DisposeAsync();
        }
    }
}
