using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>A buffer for bytes that may not be sent yet, or not as they are. Each thread keeps one, without memory.</summary>
internal sealed class PooledWriter : IBufferWriter<byte>, IDisposable
{
    [ThreadStatic]
    private static PooledWriter? t_resting;

    private byte[] _array = [];
    private int _written;

    internal Span<byte> Written => _array.AsSpan(0, _written);

    internal ReadOnlyMemory<byte> WrittenMemory => _array.AsMemory(0, _written);

    /// <summary>An empty writer, which belongs to the caller until it is disposed.</summary>
    internal static PooledWriter Take()
    {
        var writer = t_resting ?? new PooledWriter();
        t_resting = null;
        return writer;
    }

    public void Advance(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > _array.Length - _written)
        {
            throw new InvalidOperationException($"The writer was advanced by {count} bytes, beyond the memory that it gave.");
        }
        _written += count;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(sizeHint, 1));
        return _array.AsMemory(_written);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose()
    {
        Return();
        _written = 0;
        t_resting = this;
    }

    private void Reserve(int count)
    {
        if (_array.Length - _written >= count)
        {
            return;
        }
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_written + count, 2 * _array.Length));
        Written.CopyTo(larger);
        Return();
        _array = larger;
    }

    private void Return()
    {
        if (_array.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_array);
            _array = [];
        }
    }
}
