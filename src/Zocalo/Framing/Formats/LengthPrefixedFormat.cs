using System.Buffers.Binary;
using Zocalo.Framing.Decoding;
using Zocalo.Framing.Wire;

namespace Zocalo.Framing.Formats;

/// <summary>A binary length before the message, in the terms of Netty's <c>LengthFieldBasedFrameDecoder</c>.</summary>
/// <remarks>
/// Encoding takes what decoding delivers: bytes of the header that are not stripped are in the payload, and the length among them is filled
/// in. Stripped bytes outside the field are sent as zeros, or as the start mark of <see cref="FrameFormat.WithResync"/>.
/// </remarks>
internal sealed class LengthPrefixedFormat : HeaderFormat
{
    private readonly LengthField _field;

    // The same as numbers, which every message needs.
    private readonly int _offset;
    private readonly int _width;
    private readonly int _header;               // its length
    private readonly long _payloadBeyondValue;
    private readonly long _leastPayload;

    internal LengthPrefixedFormat(LengthField field, int maxFrameLength)
        : base(
            $"LengthPrefixed({field})",
            LongestPayload(field, maxFrameLength),
            Math.Max(field.End, field.BytesToStrip),
            field.DeliveredHeader)
    {
        _field = field;
        _offset = field.Offset;
        _width = field.Width;
        _header = Math.Max(field.End, field.BytesToStrip);
        _payloadBeyondValue = field.PayloadBeyondValue;
        _leastPayload = field.LeastPayload;
    }

    public override FrameDecoder CreateDecoder() => (_field.Width, _field.ByteOrder) switch
    {
        (1, _) => NewDecoder<BigEndian<byte>>(),
        (2, ByteOrder.BigEndian) => NewDecoder<BigEndian<ushort>>(),
        (2, _) => NewDecoder<LittleEndian<ushort>>(),
        (3, ByteOrder.BigEndian) => NewDecoder<BigEndian24>(),
        (3, _) => NewDecoder<LittleEndian24>(),
        (4, ByteOrder.BigEndian) => NewDecoder<BigEndian<uint>>(),
        (4, _) => NewDecoder<LittleEndian<uint>>(),
        (_, ByteOrder.BigEndian) => NewDecoder<BigEndian<ulong>>(),
        _ => NewDecoder<LittleEndian<ulong>>(),
    };

    internal override int LeastOwnLength => _field.DeliveredHeader;

    internal override void FillIn(Span<byte> message, int payload)
    {
        var delivered = _field.DeliveredHeader;
        if (message.Length < delivered)
        {
            throw new ArgumentException(
                $"A message of {message.Length} bytes is too short for {Name}: it begins with the {delivered} bytes of the header that "
                    + "are not stripped.",
                nameof(payload));
        }
        if (delivered == 0 || payload < _leastPayload || payload > MaxFrameLength)
        {
            return;
        }
        var value = (ulong)(payload - _payloadBeyondValue);
        for (var i = 0; i < _width; i++)
        {
            // The byte of the value whose weight is 256 to the power of i.
            var at = _offset - _field.BytesToStrip + (_field.ByteOrder == ByteOrder.BigEndian ? _width - 1 - i : i);
            if (at >= 0)
            {
                message[at] = (byte)(value >> (8 * i));
            }
        }
    }

    internal override void FillInMark(Span<byte> frame, ReadOnlySpan<byte> mark)
    {
        for (var i = Math.Min(Math.Min(mark.Length, frame.Length), _field.BytesToStrip) - 1; i >= 0; i--)
        {
            if (i < _offset || i >= _field.End)
            {
                frame[i] = mark[i];
            }
        }
    }

    private FrameDecoder NewDecoder<TInteger>() where TInteger : struct, IWireInteger => _field.IsPlain
        ? new HeaderDecoder<PlainLengthHeader<TInteger>>(new(MaxFrameLength))
        : new HeaderDecoder<LengthHeader<TInteger>>(new(_field, MaxFrameLength));

    protected override int LeastPayload => (int)_leastPayload;

    protected override void Check(int payload)
    {
        if (payload > MaxFrameLength && MaxFrameLength == _field.GreatestPayload)
        {
            throw new ArgumentException(
                $"A message of {payload} bytes is too long for {Name}, whose length field counts at most {MaxFrameLength}: use a wider " +
                "field, or send less.",
                nameof(payload));
        }
        CheckLength(payload);
        if (payload < _leastPayload)
        {
            throw new ArgumentException(
                $"A message of {payload} bytes is too short for {Name}, where every payload has at least {_field.LeastPayload} bytes: " +
                "it begins with the part of the header that is not stripped.",
                nameof(payload));
        }
    }

    protected override int WriteHeader(Span<byte> header, int payload)
    {
        var value = (ulong)(payload - _payloadBeyondValue);
        // Now the lowest byte is the one that is sent first.
        var bits = _field.ByteOrder == ByteOrder.BigEndian ? BinaryPrimitives.ReverseEndianness(value << (64 - (8 * _width))) : value;
        if (_header == _width && header.Length >= sizeof(ulong))
        {
            BinaryPrimitives.WriteUInt64LittleEndian(header, bits);     // the payload overwrites the bytes after the field
            return _header;
        }
        header[.._field.BytesToStrip].Clear();
        foreach (ref var next in header.Slice(_offset, _width))
        {
            next = (byte)bits;
            bits >>= 8;
        }
        return _header;
    }

    /// <summary>The limit, or less if the field cannot count that far.</summary>
    private static int LongestPayload(LengthField field, int maxFrameLength)
    {
        ArgumentNullException.ThrowIfNull(field);
        Validate(field);
        if (maxFrameLength >= 0 && maxFrameLength < field.LeastPayload)
        {
            throw new ArgumentException(
                $"With {field} the shortest payload has {field.LeastPayload} bytes, more than the limit of {maxFrameLength}.",
                nameof(maxFrameLength));
        }
        return (int)Int128.Min(maxFrameLength, field.GreatestPayload);
    }

    private static void Validate(LengthField field)
    {
        if (field.Width is not (1 or 2 or 3 or 4 or 8))
        {
            throw new ArgumentOutOfRangeException(nameof(field), field.Width, "A binary length has 1, 2, 3, 4 or 8 bytes.");
        }
        if (field.ByteOrder is not (ByteOrder.BigEndian or ByteOrder.LittleEndian))
        {
            throw new ArgumentOutOfRangeException(nameof(field), field.ByteOrder, "A binary length is big-endian or little-endian.");
        }
        ArgumentOutOfRangeException.ThrowIfNegative(field.Offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(field.Offset, LengthField.GreatestHeader - field.Width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(field.BytesToStrip, LengthField.GreatestHeader);
        if (field.GreatestPayload < field.LeastPayload)
        {
            throw new ArgumentException(
                $"No value of this length field gives a frame: with {field} the greatest gives a payload of {field.GreatestPayload} " +
                $"bytes, and the shortest that is possible has {field.LeastPayload}.",
                nameof(field));
        }
    }
}
