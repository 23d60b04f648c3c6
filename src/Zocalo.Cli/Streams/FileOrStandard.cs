namespace Zocalo.Cli;

/// <summary>What <c>zocalo frame</c> reads: a file, or standard input.</summary>
internal sealed class ByteInput : IDisposable
{
    private readonly FileStream? _file;

    private ByteInput(string name, FileStream? file) => (Name, _file) = (name, file);

    /// <summary>Its name, for an error.</summary>
    public string Name { get; }

    /// <summary>Opens the file; without one, it is standard input.</summary>
    /// <exception cref="ToolException">It is not there, or not ours to read.</exception>
    public static ByteInput Open(string? path)
    {
        if (path is null)
        {
            return new("standard input", null);
        }
        if (Directory.Exists(path))
        {
            throw Unreadable(path, "it is a directory");
        }
        try
        {
            return new(path, new FileStream(path, new FileStreamOptions { BufferSize = 0, Share = FileShare.ReadWrite }));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, failure.Message);
        }
    }

    /// <summary>Blocks until there are bytes; 0 at the end.</summary>
    /// <exception cref="ToolException">It cannot be read.</exception>
    public int Read(Span<byte> into)
    {
        try
        {
            // A standard input that the shell closed is empty.
            return _file is not null ? _file.Read(into) : StandardStream.Input.IsOpen ? StandardStream.Input.Read(into) : 0;
        }
        catch (IOException failure)
        {
            throw Unreadable(Name, failure.Message);
        }
    }

    public void Dispose() => _file?.Dispose();

    private static ToolException Unreadable(string name, string why) => new($"cannot read {name} ({why})", ExitCode.Usage);
}

/// <summary>Where messages go: standard output, or the file of <c>-o</c>.</summary>
internal sealed class ByteOutput : IDisposable
{
    private readonly FileStream? _file;
    private readonly string _name;

    private ByteOutput(string name, FileStream? file) => (_name, _file) = (name, file);

    public static ByteOutput Standard { get; } = new("standard output", null);

    /// <summary>Makes the file, or empties it; without one, it is standard output.</summary>
    /// <exception cref="ToolException">It cannot be made.</exception>
    public static ByteOutput Create(string? path)
    {
        if (path is null)
        {
            return Standard;
        }
        try
        {
            return new(
                path, new FileStream(path, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 }));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw Unwritable(path, failure.Message);
        }
    }

    /// <summary>Writes all of it, blocking while the reader is slow.</summary>
    /// <exception cref="BrokenPipeException">The reader of standard output has gone.</exception>
    /// <exception cref="ToolException">It cannot be written.</exception>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            if (_file is null)
            {
                lock (StandardStream.Output.Turn)
                {
                    StandardStream.Output.Write(bytes);
                }
            }
            else
            {
                _file.Write(bytes);
            }
        }
        catch (IOException failure) when (failure is not BrokenPipeException)
        {
            throw Unwritable(_name, failure.Message);
        }
    }

    public void Dispose() => _file?.Dispose();

    private static ToolException Unwritable(string name, string why) =>
        new($"cannot write to {name} ({why}); the rest is lost", ExitCode.Usage);
}
