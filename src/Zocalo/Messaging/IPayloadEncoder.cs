using System.Buffers;
using Zocalo.Framing;

namespace Zocalo.Messaging;

/// <summary>Turns a message into a frame's payload.</summary>
internal interface IPayloadEncoder<TOut>
{
    EncodedPayload Encode(TOut message);
}

/// <summary>A payload, and the memory that it was written into, if it needed any: lent until the disposal.</summary>
internal readonly struct EncodedPayload(Frame bytes, PooledWriter? memory = null) : IDisposable
{
    internal Frame Bytes => bytes;

    internal bool IsLent => memory is not null;

    public void Dispose() => memory?.Dispose();
}

/// <summary>Messages that are frames already.</summary>
internal sealed class FrameAsIs : IPayloadEncoder<Frame>
{
    internal static readonly FrameAsIs Instance = new();

    public EncodedPayload Encode(Frame message) => new(message);
}

/// <summary>Messages of the program's own types.</summary>
internal sealed class MappedPayload<TOut>(Action<TOut, IBufferWriter<byte>> encode) : IPayloadEncoder<TOut>
{
    public EncodedPayload Encode(TOut message)
    {
        var memory = PooledWriter.Take();
        try
        {
            encode(message, memory);
            return new(new Frame(memory.WrittenMemory), memory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
