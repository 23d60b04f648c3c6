using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>
/// Puts a tag before the bytes that another format writes, in the same memory. The tag is written together with that format's first bytes:
/// when the format refuses the message, nothing has been written.
/// </summary>
internal sealed class TagWriter : IBufferWriter<byte>, IDisposable
{
    // Kept for the thread's next message, so that encoding allocates nothing. A stack, for formats with tags inside tags.
    [ThreadStatic]
    private static TagWriter? t_spare;

    private TagWriter? _nextSpare;
    private IBufferWriter<byte>? _into;
    private byte _tag;
    private int _pending;           // 1 until the tag is written

    internal static TagWriter Take(byte tag, IBufferWriter<byte> into)
    {
        var writer = t_spare ?? new TagWriter();
        t_spare = writer._nextSpare;
        writer._into = into;
        writer._tag = tag;
        writer._pending = 1;
        return writer;
    }

    public void Dispose()
    {
        _into = null;
        _nextSpare = t_spare;
        t_spare = this;
    }

    /// <summary>Writes the tag if the other format has written nothing.</summary>
    internal void Finish()
    {
        if (_pending > 0)
        {
            GetSpan(0);
            Advance(0);
        }
    }

    public void Advance(int count)
    {
        _into!.Advance(_pending + count);
        _pending = 0;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        var memory = _into!.GetMemory(WithTag(sizeHint));
        if (_pending > 0)
        {
            memory.Span[0] = _tag;
        }
        return memory[_pending..];
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        var span = _into!.GetSpan(WithTag(sizeHint));
        if (_pending > 0)
        {
            span[0] = _tag;
        }
        return span[_pending..];
    }

    // At least one byte after the tag, as the contract of a writer demands.
    private int WithTag(int sizeHint) => _pending == 0 ? sizeHint : Math.Max(sizeHint, 1) + 1;
}
