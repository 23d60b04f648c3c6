namespace Zocalo;

/// <summary>
/// A value could not be read from a message: bytes are missing or malformed. <see cref="Exception.Message"/> is one line without text of
/// the peer, such as <c>expected 4 bytes at byte 17, found 2</c>. The <see cref="WireReader"/> that threw it has not moved.
/// </summary>
public sealed class WireException : FormatException
{
    internal WireException(int position, string expected, string found)
        : base($"expected {expected} at byte {position}, found {found}")
    {
        Position = position;
        Expected = expected;
    }

    /// <summary>The position of the value that could not be read, in bytes from the beginning of the reader's bytes.</summary>
    public int Position { get; }

    /// <summary>The expected value, such as <c>4 bytes</c> or <c>a varint of at most 32 bits</c>.</summary>
    public string Expected { get; }
}
