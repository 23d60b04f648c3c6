using System.Buffers;

namespace Zocalo.Framing.Decoding;

/// <summary>A decoder's memory for payloads that differ from the bytes on the wire. From the shared pool, and as large as the received
/// frame.</summary>
internal struct DecoderMemory
{
    private byte[]? _array;

    internal byte[] Rent(int length)
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
