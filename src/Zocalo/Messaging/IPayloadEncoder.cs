using System.Buffers;

namespace Zocalo.Messaging;

/// <summary>Turns a message into a frame's payload.</summary>
internal interface IPayloadEncoder<TOut>
{
    /// <summary>The payload, valid until <see cref="Release"/>.</summary>
    /// <param name="message">What to send.</param>
    /// <param name="scratch">Memory lent to the payload, if it needed any.</param>
    Frame Encode(TOut message, out ArrayBufferWriter<byte>? scratch);

    /// <summary>The payload is no longer needed.</summary>
    void Release(ArrayBufferWriter<byte> scratch);
}

/// <summary>Messages that are frames already.</summary>
internal sealed class FrameAsIs : IPayloadEncoder<Frame>
{
    internal static readonly FrameAsIs Instance = new();

    public Frame Encode(Frame message, out ArrayBufferWriter<byte>? scratch)
    {
        scratch = null;
        return message;
    }

    public void Release(ArrayBufferWriter<byte> scratch)
    {
    }
}

/// <summary>Messages of the program's own types, written into memory that each thread keeps for the next one.</summary>
internal sealed class MappedPayload<TOut>(Action<TOut, IBufferWriter<byte>> encode) : IPayloadEncoder<TOut>
{
    // A thread that once sent something large does not hold its memory for ever.
    private const int WorthKeeping = 64 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_scratch;

    public Frame Encode(TOut message, out ArrayBufferWriter<byte>? scratch)
    {
        scratch = t_scratch ?? new ArrayBufferWriter<byte>();
        t_scratch = null;       // encoding one message may send another
        encode(message, scratch);
        return new Frame(scratch.WrittenMemory);
    }

    public void Release(ArrayBufferWriter<byte> scratch)
    {
        if (scratch.Capacity <= WorthKeeping)
        {
            scratch.ResetWrittenCount();
            t_scratch = scratch;
        }
    }
}
