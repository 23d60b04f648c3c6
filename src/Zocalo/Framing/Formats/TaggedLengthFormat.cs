using System.Buffers;
using System.Runtime.CompilerServices;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>The first byte of a message decides how long it is.</summary>
internal sealed class TaggedLengthFormat : FrameFormat
{
    private readonly int[] _lengths = new int[256];        // 0 for an unknown tag

    internal TaggedLengthFormat(IReadOnlyDictionary<byte, int> lengths) : base("Tagged", Longest(lengths))
    {
        foreach (var (tag, length) in lengths)
        {
            _lengths[tag] = length;
        }
    }

    public override long MaxWireLength => MaxFrameLength;

    public override FrameDecoder CreateDecoder() => new HeaderDecoder<TagHeader>(new(_lengths));

    public override void Encode(ReadOnlySpan<byte> payload, IBufferWriter<byte> into)
    {
        Check(payload.Length > 0 ? payload[0] : null, payload.Length);
        into.Write(payload);
    }

    public override void Encode(in Frame payload, IBufferWriter<byte> into)
    {
        Check(payload.Length > 0 ? payload.Slice(0, 1).Span[0] : null, payload.Length);
        into.WritePieces(payload);
    }

    internal override int LeastOwnLength => 1;

    internal override void FillIn(Span<byte> message, int payload) => Check(message.IsEmpty ? null : message[0], payload);

    private void Check(byte? tag, int payload)
    {
        if (tag is null)
        {
            throw new ArgumentException($"A message of {Name} begins with its tag; this one is empty.", nameof(payload));
        }
        var length = _lengths[tag.Value];
        if (length == 0)
        {
            throw new ArgumentException($"0x{tag:X2} is not a tag of {Name}: give its length when the format is made.", nameof(payload));
        }
        if (payload != length)
        {
            throw new ArgumentException($"A message with the tag 0x{tag:X2} has {length} bytes in {Name}, not {payload}.", nameof(payload));
        }
    }

    private static int Longest(IReadOnlyDictionary<byte, int> lengths)
    {
        ArgumentNullException.ThrowIfNull(lengths);
        if (lengths.Count == 0)
        {
            throw new ArgumentException("Without a tag there is no message: give at least one.", nameof(lengths));
        }
        foreach (var (tag, length) in lengths)
        {
            if (length is < 1 or > GreatestMaxFrameLength)
            {
                throw new ArgumentOutOfRangeException(
                    nameof(lengths),
                    length,
                    $"A message with the tag 0x{tag:X2} has 1 to {GreatestMaxFrameLength} bytes, the tag among them.");
            }
        }
        return lengths.Values.Max();
    }
}

/// <summary>A tag that decides the length. It is delivered, as a part of the payload.</summary>
internal readonly struct TagHeader(int[] lengths) : IFrameHeader
{
    public int MaxLength => 1;

    public int DeliveredLength => 1;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        headerLength = 0;
        var length = lengths[bytes[0]];
        return length == 0 ? FrameStep.Corrupt : FrameStep.Frame(length);
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes) => TaggedDecoder.UnknownTag(bytes[0]);
}
