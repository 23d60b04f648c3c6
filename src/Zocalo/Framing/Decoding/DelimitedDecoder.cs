namespace Zocalo.Framing.Decoding;

/// <summary>Several bytes end a frame. Inside a piece the search is vectorised; between pieces the decoder remembers how many bytes of the
/// delimiter have matched.</summary>
internal sealed class DelimitedDecoder : FrameDecoder
{
    private readonly Pattern _delimiter;
    private readonly int _max;
    private int _seen;
    private int _matched;       // bytes of the delimiter, at the end of the bytes seen

    internal DelimitedDecoder(Pattern delimiter, int maxFrameLength)
    {
        _delimiter = delimiter;
        _max = maxFrameLength;
        TrailerLength = delimiter.Length;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        // It never looks beyond the limit: a format with resync searches the bytes after a corrupt frame again.
        var room = _max - _seen + _delimiter.Length;
        var window = bytes.Length > room ? bytes[..room] : bytes;
        var end = FindEnd(window);
        if (end >= 0)
        {
            var length = _seen + end;
            _seen = _matched = 0;
            return FrameStep.Frame(length);
        }
        _matched = _delimiter.MatchedAtEnd(window, _matched);
        _seen += window.Length;
        if (_seen - _matched > _max)        // no delimiter begins before that
        {
            _seen = _matched = 0;
            return Corrupt(NoDelimiter(_max));
        }
        return FrameStep.Incomplete;
    }

    internal static FrameError NoDelimiter(int max) => new("no delimiter within the limit", max, max);

    private int FindEnd(ReadOnlySpan<byte> bytes)
    {
        if (_matched > 0)
        {
            var end = _delimiter.EndOfMatchAtSeam(bytes, _matched);
            if (end >= 0)
            {
                return end;
            }
        }
        var at = bytes.IndexOf(_delimiter.Bytes);
        return at < 0 ? -1 : at + _delimiter.Length;
    }
}

/// <summary>One byte ends a frame: one vectorised search, and only a count to remember.</summary>
internal sealed class ByteDelimitedDecoder : FrameDecoder
{
    private readonly byte _delimiter;
    private readonly int _max;
    private int _seen;

    internal ByteDelimitedDecoder(byte delimiter, int maxFrameLength)
    {
        _delimiter = delimiter;
        _max = maxFrameLength;
        TrailerLength = 1;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        var room = _max - _seen + 1;
        var window = bytes.Length > room ? bytes[..room] : bytes;
        var at = window.IndexOf(_delimiter);
        if (at >= 0)
        {
            var length = _seen + at + 1;
            _seen = 0;
            return FrameStep.Frame(length);
        }
        if (window.Length == room)
        {
            _seen = 0;
            return Corrupt(DelimitedDecoder.NoDelimiter(_max));
        }
        _seen += window.Length;
        return FrameStep.Incomplete;
    }
}
