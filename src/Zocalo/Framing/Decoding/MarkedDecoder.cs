namespace Zocalo.Framing.Decoding;

/// <summary>Finds the stop mark and checks the escapes before it. A frame without escapes is delivered without a copy; any other is
/// unescaped when it is complete.</summary>
internal sealed class MarkedDecoder : FrameDecoder
{
    private const int Remembered = 8;

    private readonly byte _start;
    private readonly byte _stop;
    private readonly byte _escape;      // the stop mark if the format has no escape
    private readonly bool _startIsOptional;
    private readonly EscapeTable _escapes;
    private readonly int _max;
    private DecoderMemory _memory;

    // The current frame.
    private int _seen;
    private int _escaped;               // bytes of it that had an escape before them
    private bool _afterEscape;          // the last byte seen was an escape

    // The positions of the first escapes, so that Open need not search for them again; and the number of escapes in the frame to open.
    private readonly int[] _escapesAt = new int[Remembered];
    private int _toOpen;

    internal MarkedDecoder(FrameMarks marks, EscapeTable escapes, int maxFrameLength)
    {
        _start = marks.Start;
        _stop = marks.Stop;
        _escape = marks.Escape ?? marks.Stop;
        _startIsOptional = marks.StartIsOptional;
        _escapes = escapes;
        _max = maxFrameLength;
        TrailerLength = 1;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        var at = 0;
        if (_seen == 0)
        {
            HeaderLength = at = bytes[0] == _start ? 1 : 0;
            if (at == 0 && !_startIsOptional)
            {
                return Corrupt(new FrameError("no start mark where a frame should begin", 0, null, bytes[0]) { InHexadecimal = true });
            }
        }
        else if (_afterEscape)
        {
            if (!_escapes.IsCode(bytes[0]))
            {
                return UnknownEscape(_seen, bytes[0]);
            }
            _afterEscape = false;
            at = 1;
        }
        return Scan(bytes, at);
    }

    /// <summary>An optional start mark at the end of the stream is filler, not a truncated frame.</summary>
    public override FrameStep DecodeEnd(int leftover) =>
        _startIsOptional && _start == _stop && leftover == 1 && HeaderLength == 1 ? FrameStep.Filler(1) : FrameStep.Incomplete;

    public override FrameStep Open(in Frame raw, out Frame payload)
    {
        var memory = _memory.Rent(raw.Length);
        if (!raw.IsContiguous)
        {
            raw.CopyTo(memory);     // unescaped in place: writing never overtakes reading
        }
        var from = raw.IsContiguous ? raw.Span : memory;
        var into = memory.AsSpan();
        var done = HeaderLength;
        var length = 0;
        for (var i = 0; i < _toOpen; i++)
        {
            var at = i < Remembered ? _escapesAt[i] : done + from[done..].IndexOf(_escape);
            from[done..at].CopyTo(into[length..]);
            length += at - done;
            into[length++] = _escapes.MeaningOf(from[at + 1]);
            done = at + 2;
        }
        var rest = from[done..(raw.Length - TrailerLength)];
        rest.CopyTo(into[length..]);
        payload = new Frame(memory, 0, length + rest.Length);
        return FrameStep.Frame(raw.Length);
    }

    public override void ReleaseMemory() => _memory.Release();

    private FrameStep Scan(ReadOnlySpan<byte> bytes, int at)
    {
        while (true)
        {
            var room = _max - (_seen + at - HeaderLength - _escaped) + 1;        // for the rest of the payload and the stop mark
            var window = bytes[at..];
            if (window.Length > room)
            {
                window = window[..room];
            }
            var found = _start == _stop ? window.IndexOfAny(_stop, _escape) : window.IndexOfAny(_stop, _escape, _start);
            if (found < 0)
            {
                if (window.Length == room)
                {
                    return TooLong();
                }
                _seen += bytes.Length;
                return FrameStep.Incomplete;
            }
            at += found;
            if (bytes[at] == _stop)
            {
                var length = _seen + at + 1;
                if (_escaped > 0 || length == 2)
                {
                    return End(bytes, length);
                }
                _seen = _toOpen = 0;
                return FrameStep.Frame(length);
            }
            if (bytes[at] != _escape)
            {
                return Broken(new FrameError("a start mark inside a frame", _seen + at, null, _start) { InHexadecimal = true });
            }
            if (found == room - 1)
            {
                return TooLong();       // the escaped byte would be one too many
            }
            if (_escaped < Remembered)
            {
                _escapesAt[_escaped] = _seen + at;
            }
            _escaped++;
            if (++at == bytes.Length)
            {
                _seen += at;
                _afterEscape = true;
                return FrameStep.Incomplete;
            }
            if (!_escapes.IsCode(bytes[at]))
            {
                return UnknownEscape(_seen + at, bytes[at]);
            }
            at++;
        }
    }

    /// <summary>The end of a frame that must be opened, or of an empty one.</summary>
    private FrameStep End(ReadOnlySpan<byte> bytes, int length)
    {
        _toOpen = _escaped;
        Restart();
        if (length == 2 && HeaderLength == 1 && _start == _stop)
        {
            // Two marks in a row. The last of several marks may begin a frame.
            var next = bytes.IndexOfAnyExcept(_start);
            return FrameStep.Filler(Math.Max(1, (next < 0 ? bytes.Length : next) - 1));
        }
        return _toOpen == 0 ? FrameStep.Frame(length) : FrameStep.Sealed(length);
    }

    private FrameStep TooLong() => Broken(new FrameError("no stop mark within the limit", HeaderLength + _max + _escaped, _max));

    private FrameStep UnknownEscape(int offset, byte code) =>
        Broken(new FrameError("an unknown escape", offset, null, code) { InHexadecimal = true });

    private FrameStep Broken(FrameError error)
    {
        Restart();
        return Corrupt(error);
    }

    private void Restart()
    {
        _seen = _escaped = 0;
        _afterEscape = false;
    }
}
