using System.Text;

namespace Zocalo.Cli;

/// <summary>The life of <c>zocalo top</c>: connect, show each line that comes, end with the first signal or with the server.</summary>
/// <param name="control">The control socket.</param>
/// <param name="once">Only the first snapshot with rates.</param>
/// <param name="isView">For a person at a terminal, not for a program.</param>
internal sealed class TopRun(UnixAddress control, bool once, bool isView)
{
    // What another program would be that listens there and says nothing.
    private static readonly TimeSpan FirstLine = TimeSpan.FromSeconds(5);

    public Task<int> RunAsync() => StopSignals.RunAsync(async signals =>
    {
        try
        {
            return await WatchAsync(signals.Stop);
        }
        catch (OperationCanceledException) when (signals.Stop.IsCancellationRequested)
        {
            return ExitCode.Done;       // who has seen enough
        }
    });

    private async Task<int> WatchAsync(CancellationToken stop)
    {
        var options = new ConnectOptions { Engine = Engine.Async };
        var lines = await Connector.ConnectAsync(control, Frames.Lines(), options, stop);
        try
        {
            return await WatchAsync(lines, stop);
        }
        finally
        {
            lines.Abort();      // the server reads nothing: it would not see a polite end before its next line
        }
    }

    private async Task<int> WatchAsync(FramedConnection<Frame, Frame> lines, CancellationToken stop)
    {
        var server = ServerLine.Parse(await ReadFirstAsync(lines, stop), control);
        using var screen = isView && !once ? Screen.Open() : null;
        while (await ReadAsync(lines, stop) is { } line)
        {
            var snapshot = SnapshotLine.Parse(line);
            if (once && snapshot.PerSecond is null)
            {
                continue;       // the first one
            }
            Show(server, snapshot, line, screen);
            if (once)
            {
                return ExitCode.Done;
            }
        }
        screen?.Dispose();      // before the sentence
        throw new ToolException($"the server has stopped: {server.Address}, process {server.Pid}", ExitCode.Network);
    }

    private void Show(ServerLine server, SnapshotLine snapshot, byte[] line, Screen? screen)
    {
        if (!isView)
        {
            StandardStream.Output.Write([.. line, (byte)'\n']);
            return;
        }
        var view = TopView.Render(server, snapshot, TerminalSize.Current, Terminal.WantsColour);
        if (screen is null)
        {
            StandardStream.Output.Write(view);
        }
        else
        {
            screen.Show(view);
        }
    }

    private async Task<byte[]> ReadFirstAsync(FramedConnection<Frame, Frame> lines, CancellationToken stop)
    {
        using var limit = new CancellationTokenSource(FirstLine, TimeProvider.System);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, stop);
        byte[]? line;
        try
        {
            line = await ReadAsync(lines, either.Token);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            throw new ToolException(
                $"{control} says nothing; it is no control socket, or {MostWatchers} others watch it already", ExitCode.Network);
        }
        if (line is not null && !isView)
        {
            StandardStream.Output.Write([.. line, (byte)'\n']);
        }
        return line ?? throw new ToolException($"{control} is no control socket of Zocalo", ExitCode.Network);
    }

    // Of ServerOptions.ControlSocket.
    private const int MostWatchers = 8;

    /// <returns>Null when the server has ended.</returns>
    private static async Task<byte[]?> ReadAsync(FramedConnection<Frame, Frame> lines, CancellationToken stop)
    {
        try
        {
            return await lines.WaitToReadAsync(stop) && lines.TryRead(out var line) ? line.ToArray() : null;
        }
        catch (ConnectionException)
        {
            return null;        // killed
        }
        catch (FrameException)
        {
            return null;        // in the middle of a line
        }
    }
}

/// <summary>The terminal's second screen, which leaves what was on the first as it was.</summary>
internal sealed class Screen : IDisposable
{
    private const string Enter = "\e[?1049h\e[?25l\e[2J";
    private const string Leave = "\e[?25h\e[?1049l";
    private const string Home = "\e[H";
    private const string ToEndOfLine = "\e[K";
    private const string ToEndOfScreen = "\e[J";

    private bool _isOpen = true;

    public static Screen Open()
    {
        StandardStream.Output.Write(Enter);
        return new();
    }

    /// <summary>In one write, and over what was there: nothing flickers.</summary>
    public void Show(string view)
    {
        if (!_isOpen)
        {
            return;
        }
        var text = new StringBuilder(Home);
        text.Append(view.TrimEnd('\n').Replace("\n", $"{ToEndOfLine}\r\n", StringComparison.Ordinal));
        text.Append(ToEndOfLine).Append(ToEndOfScreen);
        StandardStream.Output.Write(text.ToString());
    }

    public void Dispose()
    {
        if (_isOpen)
        {
            _isOpen = false;
            StandardStream.Output.Write(Leave);
        }
    }
}

/// <summary>What fits on the terminal.</summary>
internal readonly record struct TerminalSize(int Width, int Height)
{
    /// <summary>What a terminal has that does not say.</summary>
    public static TerminalSize Usual { get; } = new(80, 24);

    public static TerminalSize Current
    {
        get
        {
            try
            {
                return Console.WindowWidth > 0 && Console.WindowHeight > 0 ? new(Console.WindowWidth, Console.WindowHeight) : Usual;
            }
            catch (IOException)
            {
                return Usual;
            }
        }
    }
}
