using System.Buffers;
using Zocalo.Framing.Formats;

namespace Zocalo.Messaging;

/// <summary>Turns a message into a frame's payload.</summary>
internal interface IPayloadEncoder<TOut>
{
    /// <param name="message">What to encode.</param>
    /// <param name="memory">What the payload was written into, if it needed any: lent until the disposal.</param>
    Frame Encode(TOut message, out PooledWriter? memory);
}

/// <summary>Messages that are frames already.</summary>
internal sealed class FrameAsIs : IPayloadEncoder<Frame>
{
    internal static readonly FrameAsIs Instance = new();

    public Frame Encode(Frame message, out PooledWriter? memory)
    {
        memory = null;
        return message;
    }
}

/// <summary>Messages of the program's own types.</summary>
internal sealed class MappedPayload<TOut>(Action<TOut, IBufferWriter<byte>> encode) : IPayloadEncoder<TOut>
{
    public Frame Encode(TOut message, out PooledWriter? memory)
    {
        memory = PooledWriter.Take();
        try
        {
            encode(message, memory);
            return new Frame(memory.WrittenMemory);
        }
        catch
        {
            memory.Dispose();
            throw;
        }
    }
}
