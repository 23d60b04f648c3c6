namespace Zocalo.Testing.Network;

/// <summary>Something to do when so much has arrived: it looks at what is sent, to find where in the stream that is.</summary>
internal abstract class Trigger(Action action)
{
    internal Action Action => action;

    /// <summary>The place, in bytes from the stream's beginning; -1 while it is not known.</summary>
    internal long At { get; private protected set; } = -1;

    /// <summary>Looks at bytes that are about to be sent, perhaps again after a loss.</summary>
    /// <param name="bytes">They lie in here.</param>
    /// <param name="offset">From here.</param>
    /// <param name="size">So many.</param>
    /// <param name="position">The first one's place in the stream.</param>
    internal abstract void Look(ByteQueue bytes, int offset, int size, long position);
}

/// <summary>After a number of bytes.</summary>
internal sealed class ByteTrigger : Trigger
{
    internal ByteTrigger(long count, Action action) : base(action) => At = count;

    internal override void Look(ByteQueue bytes, int offset, int size, long position)
    {
    }
}

/// <summary>After a number of whole frames of a format.</summary>
internal sealed class FrameTrigger(int count, FrameFormat format, Action action) : Trigger(action)
{
    private readonly FrameReader _reader = new(format);
    private byte[] _unfinished = [];
    private long _first = -1;       // where in the stream it began to look
    private long _seen;             // up to where it has
    private int _left = count;

    internal override void Look(ByteQueue bytes, int offset, int size, long position)
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
            _seen = long.MaxValue;      // not of this format: there is nothing to count
            return;
        }
        if (_left == 0)
        {
            At = _first + _reader.Offset;
        }
        _unfinished = all[^(int)_reader.Leftover..];
    }
}
