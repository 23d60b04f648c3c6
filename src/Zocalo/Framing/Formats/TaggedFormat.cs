using System.Buffers;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>The first byte decides which format reads the rest.</summary>
internal sealed class TaggedFormat : FrameFormat
{
    private readonly FrameFormat?[] _formats = new FrameFormat?[256];

    internal TaggedFormat(IReadOnlyDictionary<byte, FrameFormat> formats) : base("Tagged", Longest(formats))
    {
        foreach (var (tag, format) in formats)
        {
            _formats[tag] = format;
            MaxWireLength = Math.Max(MaxWireLength, format.MaxWireLength + 1);
        }
        LeastOwnLength = 1 + formats.Values.Min(format => format.LeastOwnLength);
    }

    public override long MaxWireLength { get; }

    public override FrameDecoder CreateDecoder() => new TaggedDecoder(_formats);

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        var format = Find(payload);
        using var tagged = TagWriter.Take(payload[0], into);
        format.Encode(payload[1..], tagged);
        tagged.Finish();
    }

    public override void Encode(in Frame payload, IBufferWriter<byte> into)
    {
        if (payload.IsContiguous)
        {
            Encode(payload.Span, into);
            return;
        }
        var tag = payload.Slice(0, Math.Min(1, payload.Length)).Span;
        var format = Find(tag);
        using var tagged = TagWriter.Take(tag[0], into);
        format.Encode(payload.Slice(1, payload.Length - 1), tagged);
        tagged.Finish();
    }

    internal override int LeastOwnLength { get; }

    internal override void FillIn(Span<byte> message, int payload) => Find(message).FillIn(message[1..], payload - 1);

    internal override void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark)
    {
        if (mark.Length > 1)
        {
            _formats[frame[0]]!.FillInMark(frame[1..], mark[1..]);
        }
    }

    internal override bool CanBeginWith(ReadOnlySpan<byte> mark) =>
        base.CanBeginWith(mark) && (mark.Length == 1 || _formats[mark[0]]!.CanBeginWith(mark[1..]));

    internal override bool CanContain(ReadOnlySpan<byte> part, bool atEnd)
    {
        foreach (var format in _formats)
        {
            if (format?.CanContain(part, atEnd) == true)
            {
                return true;
            }
        }
        return false;
    }

    private FrameFormat Find(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            throw new ArgumentException($"A message of {Name} begins with its tag; this one is empty.", nameof(payload));
        }
        return _formats[payload[0]] ?? throw new ArgumentException(
            $"0x{payload[0]:X2} is not a tag of {Name}: give its format when this one is made.", nameof(payload));
    }

    private static int Longest(IReadOnlyDictionary<byte, FrameFormat> formats)
    {
        ArgumentNullException.ThrowIfNull(formats);
        if (formats.Count == 0)
        {
            throw new ArgumentException("Without a tag there is no message: give at least one.", nameof(formats));
        }
        foreach (var (tag, format) in formats)
        {
            if (format is null)
            {
                throw new ArgumentException($"The tag 0x{tag:X2} has no format.", nameof(formats));
            }
            if (format.MaxFrameLength >= GreatestMaxFrameLength || format.MaxWireLength >= int.MaxValue)
            {
                throw new ArgumentException(
                    $"With the tag 0x{tag:X2} in front, {format.Name} would pass the greatest length: set its maxFrameLength below " +
                    $"{format.MaxFrameLength}.",
                    nameof(formats));
            }
        }
        return formats.Values.Max(format => format.MaxFrameLength) + 1;
    }
}
