using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Zocalo.Connections;

/// <summary>
/// A connection as a <see cref="Stream"/>. Writes are sent at once and reads flush first. So the well-known mistake with file-like sockets
/// (write, then wait for a reply to bytes that are still in the buffer) cannot happen, whatever the order of the calls.
/// </summary>
internal sealed class ConnectionStream(Connection connection, bool leaveOpen) : Stream
{
    private bool _disposed;

    public override bool CanRead => !_disposed;

    public override bool CanWrite => !_disposed;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.MayYield(ReadNowAsync(buffer, cancellationToken));

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        connection.MayYield(WriteNowAsync(buffer, cancellationToken));

    /// <summary>This stream's own writes are sent already; only what was written through the connection's output may be
    /// unflushed.</summary>
    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return connection.Output.UnflushedBytes == 0 ? Task.CompletedTask : connection.Output.FlushAsync(cancellationToken).AsTask();
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // The synchronous members exist because readers and writers over streams (BinaryReader, StreamReader.ReadLine) call them. They block
    // the calling thread.
    public override int Read(byte[] buffer, int offset, int count) =>
        ReadNowAsync(buffer.AsMemory(offset, count), default).AsTask().GetAwaiter().GetResult();

    public override void Write(byte[] buffer, int offset, int count) =>
        WriteNowAsync(buffer.AsMemory(offset, count), default).AsTask().GetAwaiter().GetResult();

    public override void Flush()
    {
        ThrowIfDisposed();
        if (connection.Output.UnflushedBytes > 0)
        {
            FlushNowAsync(default).AsTask().GetAwaiter().GetResult();
        }
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

#pragma warning disable CA2215 // the base class would only call the synchronous Dispose below
    public override ValueTask DisposeAsync()
#pragma warning restore CA2215
    {
        _disposed = true;
        return leaveOpen ? default : connection.DisposeAsync();
    }

    private ValueTask<int> ReadNowAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        if (connection.Output.UnflushedBytes > 0)
        {
            return FlushAndReceiveAsync(buffer, cancellationToken);
        }
        return buffer.IsEmpty ? new(0) : connection.ReceiveNowAsync(buffer, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> FlushAndReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        await FlushNowAsync(cancellationToken).ConfigureAwait(false);
        return buffer.IsEmpty ? 0 : await connection.ReceiveNowAsync(buffer, cancellationToken).ConfigureAwait(false);
    }

    private ValueTask WriteNowAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        ThrowIfDisposed();
        return connection.SendNowAsync(buffer, cancellationToken);
    }

    private ValueTask<FlushResult> FlushNowAsync(CancellationToken cancellationToken) =>
        connection.Core.UnframedWrite.FlushAsync(connection, cancellationToken);

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_disposed)
        {
            _disposed = true;
            if (!leaveOpen)
            {
                _ = connection.CloseAsync();    // not awaited: it ends within CloseTimeout
            }
        }
        base.Dispose(disposing);
    }

    private void ThrowIfDisposed()
    {
        if (_disposed && !leaveOpen)
        {
            throw connection.Core.Disposed();       // disposing the stream closed the connection
        }
        ObjectDisposedException.ThrowIf(_disposed, this);
    }
}
