using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Zocalo.Cli;

/// <summary>
/// Standard input, output or error, read and written with bare system calls. Rejected: Console's streams,
/// which swallow EPIPE (so <c>zocalo connect … | head -1</c> would never end) and cost start-up time;
/// FileStream, which reads and writes files at an offset of its own, so that the next program in
/// <c>(zocalo connect a; zocalo connect b) &gt; file</c> would overwrite what the first one wrote.
/// </summary>
internal sealed class StandardStream
{
    private const string Descriptors = "/proc/self/fd";

    private readonly int _descriptor;
    private readonly Lazy<Stream> _windows;
    private volatile bool _isFinished;

    private StandardStream(int descriptor, Func<Stream> windows)
    {
        _descriptor = descriptor;
        _windows = new(windows);
    }

    public static StandardStream Input { get; } = new(0, Console.OpenStandardInput);

    public static StandardStream Output { get; } = new(1, Console.OpenStandardOutput);

    public static StandardStream Error { get; } = new(2, Console.OpenStandardError);

    /// <summary>
    /// Held while what belongs together is written: one client's read, or its messages, so that those of several do not mix.
    /// </summary>
    public Lock Turn { get; } = new();

    /// <summary>
    /// Whether the shell gave us this stream. A descriptor that was closed (<c>&lt;&amp;-</c>) is soon taken by one of the
    /// runtime's own pipes; those are close-on-exec, and what survived the exec that started us cannot be.
    /// </summary>
    public bool IsOpen
    {
        get
        {
            if (OperatingSystem.IsWindows())
            {
                return true;
            }
            var flags = LibC.DescriptorFlags(_descriptor, LibC.GetDescriptorFlags);
            return flags >= 0 && (flags & LibC.CloseOnExec) == 0;
        }
    }

    public bool IsTerminal => OperatingSystem.IsWindows()
        ? !(_descriptor == 0 ? Console.IsInputRedirected : Console.IsOutputRedirected)
        : LibC.IsTerminal(_descriptor) == 1;

    /// <summary>A regular file or a device like /dev/null: reading it comes to an end without anybody's help.</summary>
    public bool IsSeekable => !OperatingSystem.IsWindows() && LibC.Seek(_descriptor, 0, LibC.SeekCurrent) >= 0;

    /// <summary>Where the next read of a file begins. Only for what <see cref="IsSeekable"/>.</summary>
    public long Position => Math.Max(0, LibC.Seek(_descriptor, 0, LibC.SeekCurrent));

    /// <summary>Blocks until there are bytes; 0 at the end. An empty <paramref name="into"/> only finds out whether reading can
    /// work.</summary>
    /// <exception cref="IOException">The system's own words, for example "Is a directory".</exception>
    public int Read(Span<byte> into) =>
        !OperatingSystem.IsWindows() ? Read(into, offset: null) : into.IsEmpty ? 0 : _windows.Value.Read(into);

    /// <summary>The bytes of a file from an offset on; 0 at its end. The descriptor's own offset is left alone.</summary>
    /// <exception cref="IOException">The system's own words, for example "Is a directory".</exception>
    public int ReadAt(long offset, Span<byte> into) => Read(into, offset);

    /// <summary>
    /// Closes the stream while the tool runs, so that its reader sees the end. Its number is kept, on /dev/null: a new
    /// socket must not get it. Windows and macOS keep the stream open until the tool ends.
    /// </summary>
    public void Finish()
    {
        if (_isFinished || OperatingSystem.IsWindows() || !IsOpen)
        {
            return;
        }
        try
        {
            // Of the duplicates first: what they are is found by comparing them with this one.
            int[] descriptors = [.. RuntimesDuplicates(), _descriptor];

            // ReadWrite: anything less would lock the device against other processes that do the same.
            using var nothing = File.OpenHandle("/dev/null", FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
            var nowhere = (int)nothing.DangerousGetHandle();
            foreach (var descriptor in descriptors)
            {
                while (LibC.Duplicate(nowhere, descriptor) < 0 && Marshal.GetLastPInvokeError() == LibC.Interrupted)
                {
                    // Again: nothing has happened yet.
                }
            }
            _isFinished = true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // A system without /dev/null: the stream ends with the tool.
        }
    }

    /// <summary>Writes all of it, blocking while the reader is slow.</summary>
    /// <exception cref="BrokenPipeException">The reader has gone.</exception>
    /// <exception cref="IOException">The system's own words, for example "No space left on device".</exception>
    public unsafe void Write(ReadOnlySpan<byte> bytes)
    {
        if (OperatingSystem.IsWindows())
        {
            _windows.Value.Write(bytes);
            return;
        }
        if (_isFinished || !IsOpen)
        {
            throw new IOException("it is closed");
        }
        fixed (byte* start = bytes)
        {
            var done = 0;
            while (done < bytes.Length)
            {
                var count = LibC.Write(_descriptor, start + done, (nuint)(bytes.Length - done));
                if (count >= 0)
                {
                    done += (int)count;
                }
                else
                {
                    WaitOrThrow(LibC.PollOut);
                }
            }
        }
    }

    /// <summary>Writes one text, in one write, so that lines of several threads or processes do not mix.</summary>
    public void Write(string text) => Write(Encoding.UTF8.GetBytes(text));

    private unsafe int Read(Span<byte> into, long? offset)
    {
        // Safe: the kernel writes at most into.Length bytes, and the span is pinned meanwhile. Not null even when empty: the kernel need
        // not look at the count first.
        byte nothing;
        fixed (byte* start = into)
        {
            var target = into.IsEmpty ? &nothing : start;
            while (true)
            {
                var count = offset is { } at
                    ? LibC.ReadAt(_descriptor, target, (nuint)into.Length, (nint)at)
                    : LibC.Read(_descriptor, target, (nuint)into.Length);
                if (count >= 0)
                {
                    return (int)count;
                }
                WaitOrThrow(LibC.PollIn);
            }
        }
    }

    // CoreCLR duplicates the three streams when it starts and never closes those: a pipe would stay open with them. One that is
    // another standard stream's as well (a terminal, 2>&1) is left to that.
    private IEnumerable<int> RuntimesDuplicates() =>
        !OperatingSystem.IsLinux()
        || FileOf(_descriptor) is not { } ours
        || Enumerable.Range(0, 3).Any(other => other != _descriptor && FileOf(other) == ours)
            ? []
            : Directory.EnumerateFileSystemEntries(Descriptors)
                .Select(entry => int.TryParse(Path.GetFileName(entry), CultureInfo.InvariantCulture, out var descriptor) ? descriptor : 0)
                .Where(descriptor => descriptor > 2 && FileOf(descriptor) == ours);

    // Such as pipe:[4711]; null where it cannot be known, or is closed meanwhile.
    private static string? FileOf(int descriptor)
    {
        try
        {
            return new FileInfo($"{Descriptors}/{descriptor}").LinkTarget;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    // A terminal that another program switched to non-blocking is still ours to wait for.
    private unsafe void WaitOrThrow(short events)
    {
        var error = Marshal.GetLastPInvokeError();
        if (error == LibC.Again)
        {
            var entry = new LibC.PollEntry { Descriptor = _descriptor, Events = events };
            _ = LibC.Poll(&entry, 1, -1);
        }
        else if (error == LibC.BrokenPipe)
        {
            throw new BrokenPipeException();
        }
        else if (error != LibC.Interrupted)
        {
            throw new IOException(Marshal.GetPInvokeErrorMessage(error));
        }
    }
}

/// <summary>The reader of our output has gone (EPIPE): not an error, but the end of the work, as in <c>… | head -1</c>.</summary>
internal sealed class BrokenPipeException() : IOException("the reader of standard output has gone");
