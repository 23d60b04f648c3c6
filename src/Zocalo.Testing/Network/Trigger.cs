namespace Zocalo.Testing.Network;

/// <summary>An action to run at some position of a stream; it looks at the bytes that are sent, to find that position.</summary>
internal abstract class Trigger(Action action)
{
    internal Action Action => action;

    /// <summary>The position, in bytes from the stream's beginning; -1 while it is not known.</summary>
    internal long At { get; private protected set; } = -1;

    /// <summary>Looks at bytes that are about to be sent, perhaps again after a loss.</summary>
    /// <param name="bytes">The queue with the bytes.</param>
    /// <param name="offset">Their offset in the queue.</param>
    /// <param name="size">Their number.</param>
    /// <param name="position">The position of the first one in the stream.</param>
    internal abstract void Inspect(ByteQueue bytes, int offset, int size, long position);
}

/// <summary>After a number of bytes.</summary>
internal sealed class ByteTrigger : Trigger
{
    internal ByteTrigger(long count, Action action) : base(action) => At = count;

    internal override void Inspect(ByteQueue bytes, int offset, int size, long position)
    {
    }
}

/// <summary>After a number of whole frames of a format.</summary>
internal sealed class FrameTrigger(int count, FrameFormat format, Action action) : Trigger(action)
{
    private readonly FrameReader _reader = new(format);
    private byte[] _unfinished = [];
    private long _first = -1;       // the position at which it began to look
    private long _seen;             // the position up to which it has looked
    private int _left = count;

    internal override void Inspect(ByteQueue bytes, int offset, int size, long position)
    {
        if (_first < 0)
        {
            _first = _seen = position;
        }
        if (At >= 0 || _seen - position >= size)
        {
            return;
        }
        var known = (int)(_seen - position);
        var all = new byte[_unfinished.Length + size - known];
        _unfinished.CopyTo(all, 0);
        bytes.Copy(offset + known, all.AsSpan(_unfinished.Length));
        _seen = position + size;
        _reader.Begin(new(all));
        try
        {
            while (_left > 0 && _reader.TryRead(out _))
            {
                _left--;
            }
        }
        catch (FrameException)
        {
            _seen = long.MaxValue;      // the bytes are not of this format, so no frames are counted
            return;
        }
        if (_left == 0)
        {
            At = _first + _reader.Offset;
        }
        _unfinished = all[^(int)_reader.Leftover..];
    }
}
