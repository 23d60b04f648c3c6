using System.Buffers;

namespace Zocalo.Framing.Formats;

/// <summary>Lines. Lenient: LF ends a line, and a CR before it is part of the line end. Strict: CRLF ends a line, and CR or LF alone is
/// corrupt.</summary>
internal sealed class LinesFormat(bool strict, int maxFrameLength) : FrameFormat(strict ? "Lines(strict)" : "Lines", maxFrameLength)
{
    public override long MaxWireLength => (long)MaxFrameLength + 2;

    public override FrameDecoder CreateDecoder() =>
        strict ? new StrictLinesDecoder(MaxFrameLength) : new LenientLinesDecoder(MaxFrameLength);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        CheckLength(payload.Length);
        var at = strict ? payload.IndexOfAny((byte)'\r', (byte)'\n') : payload.IndexOf((byte)'\n');
        if (at >= 0)
        {
            throw new ArgumentException(
                $"A line cannot contain a line end, and this one does at its byte {at}: send the parts as lines of their own, or use a " +
                "format that carries any bytes, such as Frames.LengthPrefixed.",
                nameof(payload));
        }
        // The reader would take a CR at the end of the line for a part of the line end, if that were LF alone.
        into.WriteWith(payload, strict || payload.EndsWith("\r"u8) ? "\r\n"u8 : "\n"u8);
    }

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd) =>
        !(strict ? part.ContainsAny((byte)'\r', (byte)'\n') : part.Contains((byte)'\n'));
}

internal sealed class LenientLinesDecoder(int maxFrameLength) : FrameDecoder
{
    private int _seen;
    private byte _last;         // the byte before this piece, of the same line

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        var room = maxFrameLength - _seen + 2;
        var window = bytes.Length > room ? bytes[..room] : bytes;
        var at = window.IndexOf((byte)'\n');
        if (at >= 0)
        {
            var end = (at > 0 ? window[at - 1] : _last) == '\r' ? 2 : 1;
            var length = _seen + at + 1;
            _seen = _last = 0;
            TrailerLength = end;
            return length - end > maxFrameLength ? Corrupt(NoEnd(maxFrameLength)) : FrameStep.Frame(length);
        }
        _seen += window.Length;
        _last = window[^1];
        if (_seen > maxFrameLength && (_last != '\r' || _seen > maxFrameLength + 1))
        {
            _seen = _last = 0;
            return Corrupt(NoEnd(maxFrameLength));
        }
        return FrameStep.Incomplete;
    }

    internal static FrameError NoEnd(int max) => new("no line end within the limit", max, max);
}

internal sealed class StrictLinesDecoder : FrameDecoder
{
    private readonly int _max;
    private int _seen;
    private bool _afterCr;      // the last byte seen was a CR

    internal StrictLinesDecoder(int maxFrameLength)
    {
        _max = maxFrameLength;
        TrailerLength = 2;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_afterCr)
        {
            return End(_seen - 1, bytes[0]);
        }
        var room = _max - _seen + 1;
        var window = bytes.Length > room ? bytes[..room] : bytes;
        var at = window.IndexOfAny((byte)'\r', (byte)'\n');
        if (at >= 0)
        {
            if (window[at] == '\n')
            {
                return Bare("a bare LF where lines end in CRLF", _seen + at, '\n');
            }
            if (at + 1 < bytes.Length)
            {
                return End(_seen + at, bytes[at + 1]);
            }
            _afterCr = true;
        }
        else if (window.Length == room)
        {
            _seen = 0;
            return Corrupt(LenientLinesDecoder.NoEnd(_max));
        }
        _seen += window.Length;
        return FrameStep.Incomplete;
    }

    /// <summary>The byte after a CR decides.</summary>
    private FrameStep End(int cr, byte next)
    {
        if (next != '\n')
        {
            return Bare("a bare CR where lines end in CRLF", cr, '\r');
        }
        _seen = 0;
        _afterCr = false;
        return FrameStep.Frame(cr + 2);
    }

    private FrameStep Bare(string problem, int offset, char found)
    {
        _seen = 0;
        _afterCr = false;
        return Corrupt(new FrameError(problem, offset, null, found) { InHexadecimal = true });
    }
}
