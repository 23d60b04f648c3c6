namespace Zocalo;

/// <summary>
/// The bytes of a message are not what was to be read from them: too few, or malformed. <see cref="Exception.Message"/> is one line without
/// anything that the peer wrote as text, such as <c>expected 4 bytes at byte 17, found 2</c>. The <see cref="WireReader"/> that threw it
/// has not moved.
/// </summary>
public sealed class WireException : FormatException
{
    internal WireException(int position, string expected, string found)
        : base($"expected {expected} at byte {position}, found {found}")
    {
        Position = position;
        Expected = expected;
    }

    /// <summary>Where the value begins that could not be read, in bytes from the beginning of what the reader was given.</summary>
    public int Position { get; }

    /// <summary>What was to be read there, such as <c>4 bytes</c> or <c>a varint of at most 32 bits</c>.</summary>
    public string Expected { get; }
}
