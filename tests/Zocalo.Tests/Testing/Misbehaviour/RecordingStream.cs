namespace Zocalo.Tests.Testing.Misbehaviour;

/// <summary>Bytes in memory to read from; remembers how it was written to. Everything completes at once.</summary>
internal sealed class RecordingStream(params byte[] content) : Stream
{
    private readonly MemoryStream _content = new(content);
    private readonly MemoryStream _written = new();

    internal List<int> WriteLengths { get; } = [];

    internal int Flushes { get; private set; }

    internal int Disposals { get; private set; }

    internal byte[] Written => _written.ToArray();

    internal long Taken => _content.Position;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => true;

    public override long Length => _content.Length;

    public override long Position { get => _content.Position; set => _content.Position = value; }

    public override int Read(byte[] buffer, int offset, int count) => _content.Read(buffer, offset, count);

    public override void Write(byte[] buffer, int offset, int count)
    {
        WriteLengths.Add(count);
        _written.Write(buffer, offset, count);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Task.FromResult(Read(buffer, offset, count));

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => new(Read(buffer.Span));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken)
    {
        Write(buffer, offset, count);
        return Task.CompletedTask;
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return default;
    }

    public override void Flush() => Flushes++;

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        Flush();
        return Task.CompletedTask;
    }

    public override long Seek(long offset, SeekOrigin origin) => _content.Seek(offset, origin);

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        Disposals++;
        base.Dispose(disposing);
    }
}
