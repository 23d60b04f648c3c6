using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>A start mark, the message with its marks escaped, a stop mark.</summary>
internal sealed class MarkedFormat : FrameFormat
{
    private const int MaxMaxFrameLength = (int.MaxValue - 2) / 2;       // the length of a frame with every byte escaped is still an int

    private readonly FrameMarks _marks;
    private readonly EscapeTable _escapes;

    internal MarkedFormat(FrameMarks marks, int maxFrameLength) : base(NameOf(marks), maxFrameLength)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(maxFrameLength, MaxMaxFrameLength);
        if (maxFrameLength == 0 && marks.Start == marks.Stop)
        {
            throw new ArgumentOutOfRangeException(
                nameof(maxFrameLength), maxFrameLength, $"{Name} cannot send an empty message, so it needs a limit of at least 1.");
        }
        _marks = marks;
        _escapes = new EscapeTable(marks);
    }

    public override long MaxWireLength => 2 + ((_marks.Escape is null ? 1L : 2L) * MaxFrameLength);

    public override FrameDecoder CreateDecoder() => new MarkedDecoder(_marks, _escapes, MaxFrameLength);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        CheckLength(payload.Length);
        if (payload.IsEmpty && _marks.Start == _marks.Stop)
        {
            throw new ArgumentException(
                $"{Name} takes nothing between two marks for filler: an empty message cannot be sent.", nameof(payload));
        }
        var at = payload.IndexOfAny(_escapes.Special);
        if (at >= 0 && _marks.Escape is null)
        {
            throw new ArgumentException(
                $"The message contains a mark, 0x{payload[at]:X2} at its byte {at}, and {Name} has no escape: give the marks one, or " +
                "use a format that carries any bytes, such as Frames.LengthPrefixed.",
                nameof(payload));
        }
        if (at < 0 && payload.Length <= BufferWriterExtensions.SmallFrame)
        {
            var frame = into.GetSpan(payload.Length + 2);
            frame[0] = _marks.Start;
            payload.CopyTo(frame[1..]);
            frame[payload.Length + 1] = _marks.Stop;
            into.Advance(payload.Length + 2);
            return;
        }
        into.Write([_marks.Start]);
        for (; at >= 0; at = payload.IndexOfAny(_escapes.Special))
        {
            into.Write(payload[..at]);
            into.Write([_marks.Escape!.Value, _escapes.CodeOf(payload[at])]);
            payload = payload[(at + 1)..];
        }
        into.Write(payload);
        into.Write([_marks.Stop]);
    }

    internal override bool CanBeginWith(ReadOnlySpan<byte> mark) => mark[0] == _marks.Start && base.CanBeginWith(mark);

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd) =>
        _marks.Escape is not null || !part.ContainsAny(_escapes.Special);

    private static string NameOf(FrameMarks marks)
    {
        ArgumentNullException.ThrowIfNull(marks);
        return marks == FrameMarks.Slip ? "Slip" : $"Marked(0x{marks.Start:X2}, 0x{marks.Stop:X2})";
    }
}
