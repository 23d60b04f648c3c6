namespace Zocalo.Cli;

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
