namespace Zocalo.Cli;

/// <summary>What becomes of a line when standard error is not read as fast as lines come.</summary>
internal enum WhenFull
{
    /// <summary>It is left out and counted: a server does not wait for a log.</summary>
    LeaveOut,

    /// <summary>The caller waits: a command without a network has all the time that its reader takes.</summary>
    Wait,
}

/// <summary>
/// Standard error as events use it: lines wait in a bounded queue, and one thread writes them. Where lines were left out,
/// a line in their place says how many. Thread-safe; never throws.
/// </summary>
/// <param name="write">Writes one line; may block for ever, may throw an <see cref="IOException"/>.</param>
/// <param name="capacity">How many bytes of lines may wait; errors have <see cref="ReserveForErrors"/> on top of it.</param>
/// <param name="time">The clock of the limits.</param>
internal sealed class EventOutput(Action<byte[]> write, int capacity, TimeProvider time)
{
    /// <summary>Bytes for errors beyond the capacity: they are few, and they explain the exit code.</summary>
    internal const int ReserveForErrors = 64 * 1024;

    private const int Capacity = 1024 * 1024;
    private const int StackBytes = 256 * 1024;

    // A reader that takes nothing for this long is not there; one that takes something is given a little more.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MostForTheRest = TimeSpan.FromSeconds(3);

    // Waited on and pulsed: when a line comes, when one has been written.
    private readonly object _gate = new();
    private readonly Queue<byte[]> _lines = new();
    private Intake _intake;
    private int _waiting;           // bytes in the queue
    private long _leftOut;          // since the last line that said so
    private Func<long, byte[]>? _leftOutLine;
    private long? _writingSince;    // null while the thread writes nothing
    private bool _started;

    private enum Intake
    {
        /// <summary>Every line is taken.</summary>
        Everything,

        /// <summary>The queue was full, and is not half empty yet: errors only, so that not every other line says that lines were left
        /// out.</summary>
        ErrorsOnly,
    }

    /// <summary>Ends the process now, with what it has still to say.</summary>
    public static void Exit(int exitCode)
    {
        Standard.Flush();
        Environment.Exit(exitCode);
    }

    /// <summary>This process's standard error.</summary>
    public static EventOutput Standard { get; internal set; } = new(
        line => StandardStream.Error.Write(line), Capacity, TimeProvider.System);

    /// <summary>Raised before the last lines are written: for what an event still has to add.</summary>
    public event Action? Ending;

    /// <summary>Has a line written, after those before it.</summary>
    /// <param name="line">With its newline.</param>
    /// <param name="leftOutLine">The line that says how many were left out.</param>
    /// <param name="whenFull">What to do when too many wait.</param>
    public void Add(byte[] line, Func<long, byte[]> leftOutLine, WhenFull whenFull)
    {
        lock (_gate)
        {
            while (whenFull == WhenFull.Wait && _lines.Count > 0 && _waiting + line.Length > capacity)
            {
                Monitor.Wait(_gate);
            }
            if (_intake == Intake.Everything && (_lines.Count == 0 || _waiting + line.Length <= capacity))
            {
                Take(line);
                return;
            }
            LeaveOut(leftOutLine);
        }
    }

    /// <summary>Has the line of an error written: also when the queue is full, unless it is full of errors.</summary>
    public void AddError(byte[] line, Func<long, byte[]> leftOutLine)
    {
        lock (_gate)
        {
            if (_lines.Count > 0 && _waiting + line.Length > capacity + ReserveForErrors)
            {
                LeaveOut(leftOutLine);
                return;
            }
            TakeCount();
            Take(line);
        }
    }

    /// <summary>Writes what waits, unless nobody reads it: bounded, so that the exit is.</summary>
    /// <returns>Whether everything was written.</returns>
    public bool Flush()
    {
        Ending?.Invoke();
        var began = time.GetTimestamp();
        lock (_gate)
        {
            while (_lines.Count > 0 || _writingSince is not null)
            {
                // A line that takes long to write is a reader that does not read; a thread that was not scheduled is none.
                var left = MostForTheRest - time.GetElapsedTime(began);
                if (_writingSince is { } since && StuckAfter - time.GetElapsedTime(since) is var patience && patience < left)
                {
                    left = patience;
                }
                if (left <= TimeSpan.Zero)
                {
                    return false;
                }
                Monitor.Wait(_gate, left + TimeSpan.FromMilliseconds(1));
            }
            return true;
        }
    }

    private void Take(byte[] line)
    {
        _lines.Enqueue(line);
        _waiting += line.Length;
        if (!_started)
        {
            _started = true;
            new Thread(WriteLines, StackBytes) { IsBackground = true, Name = "standard error" }.Start();
        }
        Monitor.PulseAll(_gate);
    }

    private void LeaveOut(Func<long, byte[]> leftOutLine)
    {
        _intake = Intake.ErrorsOnly;
        _leftOutLine = leftOutLine;
        _leftOut++;
    }

    private void TakeCount()
    {
        if (_leftOut > 0)
        {
            var line = _leftOutLine!(_leftOut);
            _leftOut = 0;
            Take(line);
        }
    }

    private void WriteLines()
    {
        while (true)
        {
            byte[] line;
            lock (_gate)
            {
                _writingSince = null;
                Monitor.PulseAll(_gate);
                while (_lines.Count == 0)
                {
                    Monitor.Wait(_gate);
                }
                line = _lines.Dequeue();
                _waiting -= line.Length;
                if (_intake == Intake.ErrorsOnly && _waiting <= capacity / 2)
                {
                    TakeCount();
                    _intake = Intake.Everything;
                }
                _writingSince = time.GetTimestamp();
            }
            try
            {
                write(line);
            }
            catch (IOException)
            {
                // Nobody reads standard error, and there is nowhere left to say so.
            }
        }
    }
}
