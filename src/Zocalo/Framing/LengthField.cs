namespace Zocalo;

/// <summary>The order of a number's bytes.</summary>
public enum ByteOrder
{
    /// <summary>The most significant byte first: network order (RFC 1700).</summary>
    BigEndian,

    /// <summary>The least significant byte first.</summary>
    LittleEndian,
}

/// <summary>The position of a binary length in a frame and what it counts, in the terms of Netty's <c>LengthFieldBasedFrameDecoder</c>. The
/// length is always unsigned.</summary>
/// <param name="Width">Its bytes: 1, 2, 3, 4 or 8.</param>
/// <param name="ByteOrder">The order of its bytes.</param>
/// <remarks>
/// A frame has <see cref="Offset"/> bytes, the field, and then as many bytes as the field's value plus <see cref="Adjustment"/>. The
/// delivered payload is the frame without its first <see cref="BytesToStrip"/> bytes. The values are checked by
/// <see cref="Frames.LengthPrefixed(LengthField, int)"/>.
/// </remarks>
/// <example>
/// Two bytes for a type, then a length of two bytes that counts the whole frame; the header is delivered too:
/// <code>new LengthField(2) { Offset = 2, Adjustment = -4, BytesToStrip = 0 }</code>
/// </example>
public sealed record LengthField(int Width = 4, ByteOrder ByteOrder = ByteOrder.BigEndian)
{
    /// <summary>The most bytes up to the field's end, and the most that can be stripped. A longer header would be a mistake, and each
    /// stream needs that much memory for a header that arrives in pieces.</summary>
    internal const int GreatestHeader = 65535;

    /// <summary>Bytes of the frame before the field (Netty: lengthFieldOffset). The field ends within the first 65,535 bytes.</summary>
    public int Offset { get; init; }

    /// <summary>Added to the field's value, it gives the number of bytes after the field (Netty: lengthAdjustment). Negative when the
    /// length counts the header too.</summary>
    public int Adjustment { get; init; }

    /// <summary>The number of bytes at the beginning of a frame that are not delivered, 0 to 65,535 (Netty: initialBytesToStrip). By
    /// default, all bytes up to the field's end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to a negative number.</exception>
    public int BytesToStrip
    {
        get => field < 0 ? End : field;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = -1;     // not set: the field's end, also in a copy of this record with another offset or width

    internal int End => Offset + Width;

    /// <summary>Just a length and then that many bytes: the usual case.</summary>
    internal bool IsPlain => Offset == 0 && Adjustment == 0 && BytesToStrip == Width;

    /// <summary>A payload's length is the field's value plus this.</summary>
    internal long PayloadBeyondValue => (long)Adjustment + End - BytesToStrip;

    /// <summary>Bytes of the header that are delivered, as the first bytes of a payload.</summary>
    internal int DeliveredHeader => Math.Max(0, End - BytesToStrip);

    /// <summary>The shortest payload: no frame ends before the end of its length field or inside the stripped bytes.</summary>
    internal long LeastPayload => Math.Max(DeliveredHeader, PayloadBeyondValue);

    internal Int128 GreatestPayload => (Width == 8 ? ulong.MaxValue : (1UL << (8 * Width)) - 1) + (Int128)PayloadBeyondValue;

    /// <summary>Such as <c>u32be</c>, or <c>u16le at 2, adjustment -4, strip 0</c>.</summary>
    public override string ToString()
    {
        var order = Width == 1 ? "" : ByteOrder == ByteOrder.BigEndian ? "be" : "le";
        var offset = Offset == 0 ? "" : $" at {Offset}";
        var adjustment = Adjustment == 0 ? "" : $", adjustment {Adjustment}";
        var strip = BytesToStrip == End ? "" : $", strip {BytesToStrip}";
        return $"u{8 * Width}{order}{offset}{adjustment}{strip}";
    }
}
