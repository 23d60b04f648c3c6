using System.Buffers;
using Zocalo.Framing.Formats;

namespace Zocalo.Messaging;

/// <summary>Turns a message into a frame's payload.</summary>
internal interface IPayloadEncoder<TOut>
{
    /// <param name="message">What to encode.</param>
    /// <param name="memory">The memory into which the payload was written, if it needed any; valid until it is disposed.</param>
    Frame Encode(TOut message, out PooledWriter? memory);
}

/// <summary>For messages that are frames already.</summary>
internal sealed class FrameAsIs : IPayloadEncoder<Frame>
{
    internal static readonly FrameAsIs Instance = new();

    public Frame Encode(Frame message, out PooledWriter? memory)
    {
        memory = null;
        return message;
    }
}

/// <summary>For messages of the program's own types.</summary>
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
