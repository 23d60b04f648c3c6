namespace Zocalo.Testing.Network;

/// <summary>Something to do when so much has arrived. It sees what is sent, before it is, and sees to it that nothing more arrives first.</summary>
internal abstract class Trigger(Action action)
{
    private long _at = -1;

    internal Action Action => action;

    internal bool IsReached(long arrived) => _at >= 0 && arrived >= _at;

    /// <summary>Shortens a segment that is about to be sent to what the trigger waits for, if that lies in it.</summary>
    /// <returns>Whether the segment's end is the place.</returns>
    internal bool Cut(ref int size, ByteQueue bytes, int offset, long launched)
    {
        if (_at < 0)
        {
            if (Find(size, bytes, offset, launched) is not { } length)
            {
                return false;
            }
            _at = launched + length;
        }
        size = (int)Math.Min(size, _at - launched);
        return launched + size == _at;
    }

    /// <summary>How much of the segment belongs to what is waited for; null if its end lies further on.</summary>
    protected abstract int? Find(int size, ByteQueue bytes, int offset, long launched);
}

/// <summary>After a number of bytes.</summary>
internal sealed class ByteTrigger(long count, Action action) : Trigger(action)
{
    protected override int? Find(int size, ByteQueue bytes, int offset, long launched) => launched + size >= count ? (int)(count - launched) : null;
}

/// <summary>After a number of whole frames of a format.</summary>
internal sealed class FrameTrigger(int count, FrameFormat format, Action action) : Trigger(action)
{
    private readonly FrameReader _reader = new(format);
    private readonly List<byte> _unfinished = [];
    private int _left = count;

    protected override int? Find(int size, ByteQueue bytes, int offset, long launched)
    {
        var begun = _unfinished.Count;
        var all = new byte[begun + size];
        _unfinished.CopyTo(all);
        bytes.Copy(offset, all.AsSpan(begun));
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
            return null;        // not of this format: there is nothing to count
        }
        if (_left == 0)
        {
            return (int)(_reader.Offset - launched);
        }
        _unfinished.Clear();
        _unfinished.AddRange(all[^(int)_reader.Leftover..]);
        return null;
    }
}
