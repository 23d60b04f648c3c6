using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>
/// Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999). Each block begins with a code: the distance to the next code, which
/// replaces a zero byte. After a block of 254 bytes (code 255) there was no zero byte.
/// </summary>
internal sealed class CobsFormat(int maxFrameLength) : FrameFormat("Cobs", maxFrameLength)
{
    private const int LongestRun = 254;

    public override long MaxWireLength => MaxStuffedLength(MaxFrameLength) + 1L;

    public override FrameDecoder CreateDecoder() => new CobsDecoder(MaxFrameLength);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        CheckLength(payload.Length);
        bool more;
        do
        {
            var window = payload[..Math.Min(payload.Length, LongestRun)];
            var zero = window.IndexOf((byte)0);
            var run = zero < 0 ? window : window[..zero];
            var block = into.GetSpan(run.Length + 1);
            block[0] = (byte)(run.Length + 1);
            run.CopyTo(block[1..]);
            into.Advance(run.Length + 1);
            payload = payload[(zero < 0 ? run.Length : run.Length + 1)..];
            more = zero >= 0 || !payload.IsEmpty;       // a zero byte at the very end needs a code after it
        }
        while (more);
        into.Write<byte>([0]);
    }

    /// <summary>Refuses a mark that contains a code which points beyond the longest frame.</summary>
    internal override bool CanBeginWith(ReadOnlySpan<byte> mark)
    {
        for (var at = 0; at < mark.Length; at += Math.Max((int)mark[at], 1))
        {
            if (at + mark[at] > MaxStuffedLength(MaxFrameLength))
            {
                return false;
            }
        }
        return base.CanBeginWith(mark);
    }

    /// <summary>Without the zero byte at the end, and with the last code after a full block, which is not needed but written by some
    /// encoders.</summary>
    internal static int MaxStuffedLength(int payload) => payload + (payload / LongestRun) + 1;
}

internal sealed class CobsDecoder : FrameDecoder
{
    private readonly int _max;
    private readonly int _maxStuffed;
    private DecoderMemory _memory;
    private int _seen;
    private byte _first;        // the frame's first code

    internal CobsDecoder(int maxFrameLength)
    {
        _max = maxFrameLength;
        _maxStuffed = CobsFormat.MaxStuffedLength(maxFrameLength);
        HeaderLength = 1;       // of a frame in one block: other frames are rewritten
        TrailerLength = 1;
    }

    public override FrameStep Decode(ReadOnlySpan<byte> bytes)
    {
        if (_seen == 0)
        {
            _first = bytes[0];
        }
        var room = _maxStuffed - _seen + 1;
        var window = bytes.Length > room ? bytes[..room] : bytes;
        var at = window.IndexOf((byte)0);
        if (at >= 0)
        {
            var length = _seen + at + 1;
            _seen = 0;
            return length == 1 ? FrameStep.Filler(Zeros(bytes))
                : length == _first + 1 ? FrameStep.Frame(length)        // one block: the payload needs no rewriting
                : FrameStep.Sealed(length);
        }
        if (window.Length == room)
        {
            _seen = 0;
            return Corrupt(new FrameError("no zero within the limit", _maxStuffed, _max));
        }
        _seen += window.Length;
        return FrameStep.Incomplete;
    }

    public override FrameStep Open(in Frame raw, out Frame payload)
    {
        var memory = _memory.Rent(raw.Length);
        payload = default;
        if (!raw.IsContiguous)
        {
            raw.CopyTo(memory);     // unstuffed in place: writing never overtakes reading
        }
        var from = (raw.IsContiguous ? raw.Span : memory)[..(raw.Length - 1)];
        var into = memory.AsSpan();
        var length = 0;
        for (var at = 0; at < from.Length;)
        {
            var code = from[at];
            var next = at + code;
            if (next > from.Length)
            {
                return Corrupt(new FrameError("a code points beyond the frame's end", at, null, code));
            }
            from[(at + 1)..next].CopyTo(into[length..]);
            length += code - 1;
            if (code != byte.MaxValue && next < from.Length)
            {
                into[length++] = 0;
            }
            at = next;
        }
        payload = new Frame(memory, 0, length);
        return length > _max ? Corrupt(FrameError.OverLimit(length, _max)) : FrameStep.Frame(raw.Length);
    }

    public override void ReleaseMemory() => _memory.Release();

    private static int Zeros(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOfAnyExcept((byte)0);
        return end < 0 ? bytes.Length : end;
    }
}
