using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text.Json;

namespace Zocalo.Cli;

/// <summary>
/// <c>zocalo echo</c> in a process of its own, and what it reports in its JSON events. It watches its standard input:
/// when this process dies, that ends, and the server with it.
/// </summary>
internal sealed class EchoProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private readonly TaskCompletionSource<ServerEvent> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // By their kind, and by the client's address, as both sides know it; those of the log by what they say.
    private readonly ConcurrentDictionary<(string Event, string Key), TaskCompletionSource<ServerEvent>> _events = new();
    private int _messages;

    private EchoProcess(Process process) => _process = process;

    /// <summary>Where it listens.</summary>
    public Address Address => Address.Parse(_listening.Task.Result.Text("address"));

    public int ProcessId => _process.Id;

    /// <summary>The name of the engine that it runs on.</summary>
    public string Engine => _listening.Task.Result.Text("engine");

    /// <summary>The messages that it has reported: those of a server with <c>--frame</c> and <c>-v</c>. Complete for a client whose end it
    /// has reported.</summary>
    public int Messages => Volatile.Read(ref _messages);

    /// <exception cref="EchoProcessException">It did not come to listen.</exception>
    public static async Task<EchoProcess> StartAsync(string address, string[] options, CancellationToken ct)
    {
        var start = new ProcessStartInfo
        {
            FileName = Environment.ProcessPath
                ?? throw new ToolException("cannot find out how zocalo was started; start it by its path", ExitCode.Usage),
            RedirectStandardInput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        // Started as 'dotnet Zocalo.Cli.dll', the program of this process is dotnet.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "Zocalo.Cli.dll"));
        }
        string[] arguments = ["echo", address, "--json", "--until-stdin-closes", .. options];
        foreach (var argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }
        var server = new EchoProcess(Process.Start(start)!);
        _ = server.ReadEventsAsync();
        try
        {
            await server._listening.Task.WaitAsync(StartTimeout, TimeProvider.System, ct);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>The server's view of a client's arrival.</summary>
    public Task<ServerEvent> ConnectedAsync(Connection client, CancellationToken ct) =>
        Of("connected", client.LocalAddress.ToString()).Task.WaitAsync(ct);

    /// <summary>The server's view of how a client's connection ended.</summary>
    public Task<ServerEvent> ClosedAsync(Connection client, CancellationToken ct) =>
        Of("closed", client.LocalAddress.ToString()).Task.WaitAsync(ct);

    /// <summary>The server's log has this.</summary>
    public Task<ServerEvent> LoggedAsync(string message, CancellationToken ct) => Of("log", message).Task.WaitAsync(ct);

    /// <summary>Asks the server to drain, as <c>kill</c> does. Unix only.</summary>
    public void Terminate() => _ = LibC.Kill(_process.Id, LibC.SignalTerminate);

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> ExitedAsync(CancellationToken ct)
    {
        await _process.WaitForExitAsync(ct);
        return _process.ExitCode;
    }

    /// <summary>The most memory that was resident at once, in bytes.</summary>
    public long PeakMemory()
    {
        _process.Refresh();
        return _process.PeakWorkingSet64;
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.Kill();
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
        await _process.WaitForExitAsync(CancellationToken.None);
        _process.Dispose();
    }

    private TaskCompletionSource<ServerEvent> Of(string name, string key) =>
        _events.GetOrAdd((name, key), _ => new(TaskCreationOptions.RunContinuationsAsynchronously));

    private async Task ReadEventsAsync()
    {
        var lines = _process.StandardError;
        var last = "it said nothing";
        while (await lines.ReadLineAsync() is { } line)
        {
            last = line;
            if (ServerEvent.TryParse(line) is not { } happened)
            {
                continue;
            }
            switch (happened.Text("event"))
            {
                case "listening": _listening.TrySetResult(happened); break;
                case "frame": Interlocked.Increment(ref _messages); break;
                case "log": Of("log", happened.Text("message")).TrySetResult(happened); break;
                case ("connected" or "closed") and var name: Of(name, happened.Text("remote")).TrySetResult(happened); break;
                case "error":
                    var error = Enum.TryParse<SocketError>(happened.Text("socketError"), out var known) ? known : (SocketError?)null;
                    _listening.TrySetException(new EchoProcessException(happened.Text("message"), error));
                    break;
            }
        }
        _listening.TrySetException(new EchoProcessException($"the echo server ended before it listened; {last}", null));
    }
}

/// <summary>One line of the server's events.</summary>
internal sealed class ServerEvent(JsonElement fields)
{
    /// <summary>Null for a line that is no event: something else wrote to standard error.</summary>
    public static ServerEvent? TryParse(string line)
    {
        try
        {
            using var json = JsonDocument.Parse(line);
            return new ServerEvent(json.RootElement.Clone());
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public string Text(string field) => fields.TryGetProperty(field, out var value) ? value.ToString() : "";

    /// <summary>The end as the library writes it: <c>PeerFinished, 49 in, 49 out</c>.</summary>
    public string End() => $"{Text("reason")}, {Text("bytesIn")} in, {Text("bytesOut")} out";
}

/// <summary>The server of the tour did not come to listen.</summary>
internal sealed class EchoProcessException(string message, SocketError? error) : ToolException(message, Cli.ExitCode.Network, error);
