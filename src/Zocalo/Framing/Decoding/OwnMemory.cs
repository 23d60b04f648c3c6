using System.Buffers;

namespace Zocalo.Framing.Decoding;

/// <summary>A decoder's own memory, for payloads that are not on the wire as they are delivered. From the shared pool, and as large as what
/// was received.</summary>
internal struct OwnMemory
{
    private byte[]? _array;

    internal byte[] AtLeast(int length)
    {
        if (_array is null || _array.Length < length)
        {
            Release();
            _array = ArrayPool<byte>.Shared.Rent(length);
        }
        return _array;
    }

    internal void Release()
    {
        if (_array is { } array)
        {
            _array = null;
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
