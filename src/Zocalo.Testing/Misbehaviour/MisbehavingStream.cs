using Zocalo.Testing.Misbehaviour;

namespace Zocalo.Testing;

/// <summary>
/// A difficult stream over any other: it does what the contract of <see cref="Stream"/> allows and most streams seldom do (short reads,
/// asynchronous completion, bytes that wait for a flush), or it fails, stalls or ends at a given byte. For tests of any code that takes a
/// stream: TLS, a text reader, a parser.
/// </summary>
/// <remarks>
/// As with most streams, one read and one write may be pending at a time, on any threads; a flush counts as a write. It cannot seek. A
/// synchronous operation that stalls blocks its thread; a simulated network has one thread, so stall only asynchronous operations there. An
/// operation that has waited resumes in its caller's <see cref="SynchronizationContext"/>.
/// </remarks>
public sealed class MisbehavingStream : Stream
{
    private readonly Stream _inner;
    private readonly bool _leaveOpen;
    private readonly StallGate _gate = new();
    private readonly MisbehavingDirection _reads;
    private readonly MisbehavingDirection _writes;
    private readonly MisbehavingOutput _output;
    private int _disposals;

    /// <summary>Makes a stream over <paramref name="inner"/>.</summary>
    /// <param name="inner">The stream that is read and written.</param>
    /// <param name="options">What the stream does; <see cref="MisbehavingStreamOptions.Harmless"/> for what a correct program must not
    /// notice.</param>
    /// <param name="leaveOpen">Whether <paramref name="inner"/> stays open when this stream is disposed.</param>
    public MisbehavingStream(Stream inner, MisbehavingStreamOptions options, bool leaveOpen = false)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(options);
        _inner = inner;
        _leaveOpen = leaveOpen;
        _reads = MisbehavingDirection.Reads(options, _gate);
        _writes = MisbehavingDirection.Writes(options, _gate);
        _output = new(inner, _writes, options.HoldWrites);
    }

    /// <summary>Bytes that were read.</summary>
    public long BytesRead => _reads.Bytes;

    /// <summary>Bytes that were written to the inner stream, without those that wait for a flush.</summary>
    public long BytesWritten => _writes.Bytes;

    /// <summary>Bytes that wait for a flush: see <see cref="MisbehavingStreamOptions.HoldWrites"/>.</summary>
    public int BytesHeld => _output.BytesHeld;

    /// <summary>How many times it was disposed, synchronously or not.</summary>
    public int DisposeCount => Volatile.Read(ref _disposals);

    /// <summary>Completes when an operation stalls for the first time.</summary>
    public Task Stalled => _gate.Stalled;

    /// <inheritdoc/>
    public override bool CanRead => DisposeCount == 0 && _inner.CanRead;

    /// <inheritdoc/>
    public override bool CanWrite => DisposeCount == 0 && _inner.CanWrite;

    /// <summary>False.</summary>
    public override bool CanSeek => false;

    /// <summary>Not supported.</summary>
    public override long Length => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>Lets stalled operations continue. After that nothing stalls, in either direction. Thread-safe.</summary>
    public void Release() => _gate.Release();

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        await _reads.PauseAsync(cancellationToken);
        if (_reads.IsAtEnd)
        {
            return 0;
        }
        var count = await _inner.ReadAsync(buffer[.._reads.NextSize(buffer.Length)], cancellationToken);
        _reads.Moved(count);
        return count;
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        ThrowIfDisposed();
        _reads.Pause();
        if (_reads.IsAtEnd)
        {
            return 0;
        }
        var count = _inner.Read(buffer[.._reads.NextSize(buffer.Length)]);
        _reads.Moved(count);
        return count;
    }

    /// <inheritdoc/>
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        ThrowIfDisposed();
        await _output.WriteAsync(buffer, cancellationToken);
    }

    /// <inheritdoc/>
    public override void Write(ReadOnlySpan<byte> buffer)
    {
        ThrowIfDisposed();
        _output.Write(buffer);
    }

    /// <inheritdoc/>
    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        await _output.PassHeldOnAsync(cancellationToken);
        await _inner.FlushAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override void Flush()
    {
        ThrowIfDisposed();
        _output.PassHeldOn();
        _inner.Flush();
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <inheritdoc/>
    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Not supported.</summary>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <summary>Not supported.</summary>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <summary>Writes the bytes that wait for a flush, as buffering streams do, and disposes the inner stream. A stalled operation fails
    /// with <see cref="ObjectDisposedException"/>.</summary>
    /// <exception cref="IOException">The waiting bytes could not be written:
    /// <see cref="MisbehavingStreamOptions.FailWriteAfter"/>.</exception>
#pragma warning disable CA2215 // the base class would only call the synchronous Dispose below
    public override async ValueTask DisposeAsync()
#pragma warning restore CA2215
    {
        if (Interlocked.Increment(ref _disposals) == 1)
        {
            _gate.GiveUp();
            try
            {
                await _output.PassHeldOnAsync(CancellationToken.None);
            }
            finally
            {
                if (!_leaveOpen)
                {
                    await _inner.DisposeAsync();
                }
            }
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing && Interlocked.Increment(ref _disposals) == 1)
        {
            _gate.GiveUp();
            try
            {
                _output.PassHeldOn();
            }
            finally
            {
                if (!_leaveOpen)
                {
                    _inner.Dispose();
                }
            }
        }
        base.Dispose(disposing);
    }

    private void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(DisposeCount > 0, this);
}
