using System.Diagnostics;
using System.Runtime.CompilerServices;
using Zocalo.Framing.Decoding;

namespace Zocalo.Framing.Formats;

/// <summary>Every message has the same length, so the wire carries no length.</summary>
internal sealed class FixedFormat(int length) : HeaderFormat($"Fixed({length})", Checked(length), greatestHeader: 0)
{
    public override FrameDecoder CreateDecoder() => new HeaderDecoder<FixedHeader>(new(MaxFrameLength));

    protected override int LeastPayload => MaxFrameLength;

    protected override int WriteHeader(Span<byte> header, int payload) => 0;

    protected override void Check(int payload)
    {
        if (payload != MaxFrameLength)
        {
            throw new ArgumentException(
                $"{Name} carries messages of {MaxFrameLength} bytes, not of {payload}: fill it up, or take a format that tells the length.",
                nameof(payload));
        }
    }

    private static int Checked(int length)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, GreatestMaxFrameLength);
        return length;
    }
}

/// <summary>No header at all.</summary>
internal readonly struct FixedHeader(int length) : IFrameHeader
{
    public int MaxLength => 0;

    public int DeliveredLength => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        headerLength = 0;
        return FrameStep.Frame(length);
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes) => throw new UnreachableException();
}
