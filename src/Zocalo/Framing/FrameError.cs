namespace Zocalo;

/// <summary>How bytes broke a format.</summary>
/// <param name="Problem">Such as <c>the length is over the limit</c>.</param>
/// <param name="Offset">Where, in bytes from the beginning of the frame.</param>
/// <param name="Limit">The limit that was exceeded, if any.</param>
/// <param name="Value">The value that was read, as the peer meant it, if any.</param>
public sealed record FrameError(string Problem, int Offset = 0, long? Limit = null, Int128? Value = null)
{
    /// <summary>Shows the value in hexadecimal: a checksum, a mark.</summary>
    public bool InHexadecimal { get; init; }

    /// <summary>Such as <c>the length is over the limit: 4294967295, at most 1048576</c>.</summary>
    public override string ToString() => (Value, Limit) switch
    {
        (null, null) => Problem,
        (null, _) => $"{Problem}: at most {Limit}",
        (_, null) => $"{Problem}: {Shown(Value.Value)}",
        _ => $"{Problem}: {Shown(Value.Value)}, at most {Limit}",
    };

    internal static FrameError OverLimit(Int128 length, int limit, int offset = 0) =>
        new("the length is over the limit", offset, limit, length);

    /// <param name="format">The format's name.</param>
    /// <param name="frameStart">Where the frame begins, in bytes from the beginning of the stream.</param>
    /// <param name="reason">How the connection ends because of it.</param>
    /// <param name="inner">What the program's decoder threw.</param>
    internal FrameException ToException(
        string format, long frameStart, EndReason reason = EndReason.ProtocolError, Exception? inner = null) =>
        new(format, ToString(), frameStart + Offset, reason, inner) { Limit = Limit, Value = Value };

    private string Shown(Int128 value) => InHexadecimal ? $"0x{value:X2}" : $"{value}";
}
