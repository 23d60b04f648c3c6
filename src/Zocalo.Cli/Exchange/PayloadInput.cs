using System.Buffers;
using System.Text;

namespace Zocalo.Cli;

/// <summary>The messages in what is typed or piped in, found as it comes. A line ends with LF or CRLF, the last one also without.</summary>
internal sealed class PayloadInput(FrameFormat format, InputForm form)
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly ChunkedFrames _found = new(
        form == InputForm.Raw ? Frames.UntilClose(format.MaxFrameLength) : Frames.Lines(maxFrameLength: LongestLine(format, form)));

    private long _number;
    private bool _ended;

    /// <summary>Where the last message stood, for an error: <c>line 3</c>.</summary>
    public string Place => form == InputForm.Raw ? "the input" : $"line {_number}";

    /// <summary>Room for the next bytes; see <see cref="ChunkedFrames"/>.</summary>
    public Memory<byte> Room() => _found.Room();

    /// <summary>The first <paramref name="count"/> bytes of the room hold what came.</summary>
    public void Add(int count) => _found.Add(count);

    /// <summary>The next message that is complete; borrowed until the next call.</summary>
    /// <exception cref="ToolException">A line is too long, or not in the form that it should have.</exception>
    public bool TryRead(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        _number++;
        try
        {
            if (_found.TryRead(out var frame))
            {
                payload = Decode(frame.Memory);
                return true;
            }
        }
        catch (FrameException)
        {
            throw new ToolException(
                $"{Place} has more than {format.MaxFrameLength} bytes, the most that {format.Name} carries; send less, or give " +
                $"{Options.FrameName} a greater max= or length",
                ExitCode.Usage);
        }
        _number--;
        return false;
    }

    /// <summary>The input has ended: what is left is the last message, if there is any.</summary>
    /// <exception cref="ToolException">It is not in the form that it should have.</exception>
    public bool TryEnd(out ReadOnlyMemory<byte> payload)
    {
        payload = default;
        if (_ended || _found.Rest.IsEmpty)
        {
            return false;
        }
        _ended = true;
        _number++;
        payload = Decode(_found.Rest);
        return true;
    }

    // The longest message, when every byte of it is written as \xHH or as two digits and a blank.
    private static int LongestLine(FrameFormat format, InputForm form)
    {
        var letters = form switch { InputForm.Escapes => 4, InputForm.Hex => 3, _ => 1 };
        return (int)Math.Min((long)letters * format.MaxFrameLength, FrameFormat.GreatestMaxFrameLength);
    }

    private ReadOnlyMemory<byte> Decode(ReadOnlyMemory<byte> line)
    {
        if (form == InputForm.Hex)
        {
            var digits = Encoding.Latin1.GetString(line.Span);
            return TypedBytes.TryParseHex(digits, out var bytes)
                ? bytes
                : throw NotInForm("not hexadecimal; write two digits a byte, as in 0d0a");
        }
        if (form == InputForm.Escapes)
        {
            return TypedBytes.TryUnescape(TextOf(line), out var bytes, out var error) ? bytes : throw NotInForm(error!);
        }
        return line;
    }

    private string TextOf(ReadOnlyMemory<byte> line)
    {
        try
        {
            return Utf8.GetString(line.Span);
        }
        catch (DecoderFallbackException)
        {
            throw NotInForm("not UTF-8; write other bytes as \\xHH");
        }
    }

    private ToolException NotInForm(string what) => new($"{Place}: {what}", ExitCode.Usage);
}

/// <summary>
/// Frames out of bytes that come in chunks of any size: fill the <see cref="Room"/>, say how much with <see cref="Add"/>, read. What is
/// left of a chunk waits for the next one; so there is never more in memory than the beginning of one frame and a chunk.
/// </summary>
internal sealed class ChunkedFrames(FrameFormat format)
{
    private const int ChunkSize = 64 * 1024;

    private readonly FrameReader _frames = new(format);

    // _start to _end is what the reader was given last.
    private byte[] _bytes = new byte[2 * ChunkSize];
    private int _start;
    private int _end;

    /// <summary>Where the frame to be read next begins, in bytes from the beginning of the stream.</summary>
    public long Offset => _frames.Offset;

    /// <summary>The beginning of a frame that is not whole, once <see cref="TryRead"/> has said no.</summary>
    public ReadOnlyMemory<byte> Rest => _bytes.AsMemory(_end - (int)_frames.Leftover, (int)_frames.Leftover);

    /// <summary>At least one chunk's room for what comes next. Frames that were read are no longer valid.</summary>
    public Memory<byte> Room()
    {
        var left = Rest.Length;
        _start = _end - left;
        if (_bytes.Length - _end < ChunkSize)
        {
            var into = left + ChunkSize <= _bytes.Length / 2 ? _bytes : new byte[2 * (left + ChunkSize)];
            Buffer.BlockCopy(_bytes, _start, into, 0, left);
            (_bytes, _start, _end) = (into, 0, left);
        }
        return _bytes.AsMemory(_end);
    }

    /// <summary>The first <paramref name="count"/> bytes of the room hold what came.</summary>
    public void Add(int count)
    {
        _end += count;
        _frames.Begin(new ReadOnlySequence<byte>(_bytes, _start, _end - _start));
    }

    /// <summary>The next frame that is whole.</summary>
    /// <exception cref="FrameException">The bytes are against the format.</exception>
    public bool TryRead(out Frame frame) => _frames.TryRead(out frame);

    /// <summary>Nothing more comes.</summary>
    /// <returns>Whether that ended a last frame.</returns>
    /// <exception cref="FrameException">A frame was cut off.</exception>
    public bool TryEnd(out Frame last) => _frames.TryEnd(out last);
}
