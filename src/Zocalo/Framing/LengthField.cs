namespace Zocalo;

/// <summary>The order of a number's bytes.</summary>
public enum ByteOrder
{
    /// <summary>The most significant byte first: network order (RFC 1700).</summary>
    BigEndian,

    /// <summary>The least significant byte first.</summary>
    LittleEndian,
}

/// <summary>Where a binary length lies in a frame and what it counts, in the terms of Netty's <c>LengthFieldBasedFrameDecoder</c>.
/// Unsigned, always.</summary>
/// <param name="Width">Its bytes: 1, 2, 3, 4 or 8.</param>
/// <param name="ByteOrder">The order of its bytes.</param>
/// <remarks>
/// A frame has <see cref="Offset"/> bytes, the field, and then as many bytes as the field's value plus <see cref="Adjustment"/>. What is
/// delivered is the frame without its first <see cref="BytesToStrip"/> bytes. Checked by
/// <see cref="Frames.LengthPrefixed(LengthField, int)"/>.
/// </remarks>
/// <example>
/// Two bytes of a type, then a length in two bytes that counts everything, delivered with its header:
/// <code>new LengthField(2) { Offset = 2, Adjustment = -4, BytesToStrip = 0 }</code>
/// </example>
public sealed record LengthField(int Width = 4, ByteOrder ByteOrder = ByteOrder.BigEndian)
{
    /// <summary>The most bytes up to the field's end, and the most that can be stripped: a longer header is a mistake, and each stream
    /// keeps as many bytes for one that comes in pieces.</summary>
    internal const int GreatestHeader = 65535;

    /// <summary>Bytes of the frame before the field (Netty: lengthFieldOffset). The field ends within the first 65,535 bytes.</summary>
    public int Offset { get; init; }

    /// <summary>Added to the field's value to give the number of bytes behind the field (Netty: lengthAdjustment). Negative when the length
    /// counts the header too.</summary>
    public int Adjustment { get; init; }

    /// <summary>Bytes from the frame's beginning that are not delivered, 0 to 65,535 (Netty: initialBytesToStrip). Unless set: all up to
    /// the field's end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Set to a negative number.</exception>
    public int BytesToStrip
    {
        get => field < 0 ? End : field;
        init
        {
            ArgumentOutOfRangeException.ThrowIfNegative(value);
            field = value;
        }
    } = -1;     // not set: follows the field's end, also when a copy of this record has another offset or width

    internal int End => Offset + Width;

    /// <summary>Just a length and then so many bytes, as almost always.</summary>
    internal bool IsPlain => Offset == 0 && Adjustment == 0 && BytesToStrip == Width;

    /// <summary>A payload is the field's value and this.</summary>
    internal long PayloadBeyondValue => (long)Adjustment + End - BytesToStrip;

    /// <summary>Bytes of the header that are delivered: a payload begins with them.</summary>
    internal int DeliveredHeader => Math.Max(0, End - BytesToStrip);

    /// <summary>No frame ends before its length field, or inside of what is stripped, or has a length below 0.</summary>
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
