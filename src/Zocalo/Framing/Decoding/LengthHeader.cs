using System.Runtime.CompilerServices;
using Zocalo.Framing.Wire;

namespace Zocalo.Framing.Decoding;

/// <summary>A length, then that many bytes.</summary>
internal readonly struct PlainLengthHeader<TInteger>(int maxFrameLength) : IFrameHeader where TInteger : struct, IWireInteger
{
    public int MaxLength => TInteger.Width;

    public int DeliveredLength => 0;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        headerLength = TInteger.Width;
        if (bytes.Length < TInteger.Width)
        {
            return FrameStep.Incomplete;
        }
        var value = TInteger.Read(bytes);
        return value > (uint)maxFrameLength ? FrameStep.Corrupt : FrameStep.Frame(TInteger.Width + (int)value);
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes) => FrameError.OverLimit(TInteger.Read(bytes), maxFrameLength);
}

/// <summary>A header with a binary length anywhere in it.</summary>
internal readonly struct LengthHeader<TInteger>(LengthField field, int maxFrameLength) : IFrameHeader where TInteger : struct, IWireInteger
{
    private readonly int _offset = field.Offset;
    private readonly int _strip = field.BytesToStrip;
    // The length of a frame without the bytes that the value counts.
    private readonly int _beyondValue = field.End + field.Adjustment;
    private readonly ulong _leastValue = (ulong)(field.LeastPayload - field.PayloadBeyondValue);
    // The number of legal values above the least: one comparison refuses a value that is too low, too high, or overflows.
    private readonly ulong _values = (ulong)(maxFrameLength - field.LeastPayload);
    private readonly int _maxFrameLength = maxFrameLength;

    public int MaxLength => _offset + TInteger.Width;

    public int DeliveredLength => Math.Max(0, _offset + TInteger.Width - _strip);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FrameStep Read(ReadOnlySpan<byte> bytes, out int headerLength)
    {
        headerLength = _strip;
        if (bytes.Length < _offset + TInteger.Width)
        {
            return FrameStep.Incomplete;
        }
        var value = TInteger.Read(bytes[_offset..]);
        return value - _leastValue > _values ? FrameStep.Corrupt : FrameStep.Frame((int)value + _beyondValue);
    }

    public FrameError Explain(ReadOnlySpan<byte> bytes)
    {
        var value = TInteger.Read(bytes[_offset..]);
        if (value < _leastValue)
        {
            return new FrameError($"the length is below {_leastValue}, the least that this header allows", _offset, null, value);
        }
        var payload = (Int128)value + _beyondValue - _strip;
        return payload == value
            ? FrameError.OverLimit(value, _maxFrameLength, _offset)
            : new FrameError($"the length gives a payload of {payload} bytes, which is over the limit", _offset, _maxFrameLength, value);
    }
}
