namespace Zocalo.Cli;

/// <summary>
/// Standard input, read by a thread of its own. A read of a terminal or a pipe cannot be cancelled; so the thread stays
/// in it, nobody waits for the thread, and being a background thread it does not hold up the exit.
/// It reads one chunk ahead and no further: what flows through the tool never piles up in it. Nothing of it is disposed of: the thread
/// may come out of its read at any later time.
/// </summary>
internal sealed class StandardInputSource : IByteSource
{
    private const int ChunkSize = 64 * 1024;

    /// <summary>See <see cref="IByteSource.GraceAfterPeer"/>: for what a pipe's writer was about to say.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);

    private readonly StandardStream _input;
    private readonly byte[] _buffer = new byte[ChunkSize];

    private readonly SemaphoreSlim _ready = new(0);
    private readonly SemaphoreSlim _used = new(0);

    // Written by the thread before it releases _ready, read after.
    private int _count;
    private IOException? _failure;

    private bool _started;
    private bool _lent;
    private bool _ended;

    private StandardInputSource(StandardStream input) => _input = input;

    public bool EndsByItself { get; private init; }

    public TimeSpan GraceAfterPeer { get; private init; }

    /// <summary>Standard input as it is now; one that the shell closed is empty.</summary>
    /// <exception cref="ToolException">It cannot be read: a directory, for example.</exception>
    public static StandardInputSource Open()
    {
        var input = StandardStream.Input;
        var open = input.IsOpen;
        try
        {
            _ = open ? input.Read([]) : 0;
        }
        catch (IOException unreadable)
        {
            throw Unreadable(unreadable);
        }
        return new StandardInputSource(input)
        {
            _ended = !open,
            EndsByItself = !open || input.IsSeekable,
            GraceAfterPeer = open && input.IsTerminal ? TimeSpan.Zero : Grace,
        };
    }

    public string Place => "standard input";

    public async ValueTask<Chunk> ReadAsync(CancellationToken ct)
    {
        if (_ended)
        {
            return Chunk.End;
        }
        if (!_started)
        {
            _started = true;
            new Thread(ReadChunks) { IsBackground = true, Name = "standard input" }.Start();
        }
        else if (_lent)
        {
            _lent = false;
            _used.Release();
        }
        if (!_ready.Wait(0, CancellationToken.None))
        {
            await _ready.WaitAsync(ct).ConfigureAwait(false);
        }
        if (_failure is not null)
        {
            throw Unreadable(_failure);
        }
        _ended = _count == 0;
        _lent = !_ended;
        return new Chunk(_buffer.AsMemory(0, _count), _ended);
    }

    private void ReadChunks()
    {
        while (true)
        {
            try
            {
                _count = _input.Read(_buffer);
            }
            catch (IOException failure)
            {
                _failure = failure;
                _count = 0;
            }
            var more = _count > 0;
            _ready.Release();
            if (!more)
            {
                return;
            }
            _used.Wait();
        }
    }

    /// <summary>Why there is nothing to send, and the way out.</summary>
    public static ToolException Unreadable(IOException cause) =>
        new($"cannot read standard input ({cause.Message}); give it a file or a pipe, or use --send TEXT", ExitCode.Usage);
}
