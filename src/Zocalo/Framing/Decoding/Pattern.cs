namespace Zocalo.Framing.Decoding;

/// <summary>Bytes to search for in a stream that comes in pieces, also where they cross from one piece into the next (Knuth, Morris and
/// Pratt, 1977). Immutable, shared by decoders.</summary>
internal sealed class Pattern
{
    private readonly byte[] _bytes;

    // _borders[i]: the length of the longest proper prefix of the pattern's first i + 1 bytes that is also their suffix.
    private readonly byte[] _borders;

    /// <param name="bytes">1 to 255 bytes.</param>
    internal Pattern(ReadOnlySpan<byte> bytes)
    {
        _bytes = bytes.ToArray();
        _borders = new byte[bytes.Length];
        for (var i = 1; i < bytes.Length; i++)
        {
            _borders[i] = (byte)Next(_borders[i - 1], bytes[i]);
        }
    }

    internal ReadOnlySpan<byte> Bytes => _bytes;

    internal int Length => _bytes.Length;

    /// <summary>Whether two of it can overlap, such as <c>abab</c>.</summary>
    internal bool OverlapsItself => _borders[^1] > 0;

    /// <summary>How many bytes of the pattern match after <paramref name="next"/>, if <paramref name="matched"/> bytes (not all) matched
    /// before.</summary>
    internal int Next(int matched, byte next)
    {
        while (matched > 0 && _bytes[matched] != next)
        {
            matched = _borders[matched - 1];
        }
        return _bytes[matched] == next ? matched + 1 : 0;
    }

    /// <summary>Finishes a match that began in earlier pieces.</summary>
    /// <returns>The index after the match in <paramref name="piece"/>, or -1 if no match that began earlier ends here.</returns>
    internal int EndOfMatchAtSeam(ReadOnlySpan<byte> piece, int matched)
    {
        for (var i = 0; i < piece.Length && matched > i; i++)
        {
            matched = Next(matched, piece[i]);
            if (matched == _bytes.Length)
            {
                return i + 1;
            }
        }
        return -1;
    }

    /// <summary>How many bytes of the pattern match at the end of a piece that does not contain the whole pattern.</summary>
    /// <param name="piece">The piece.</param>
    /// <param name="matched">The same number for the bytes before it.</param>
    internal int MatchedAtEnd(ReadOnlySpan<byte> piece, int matched)
    {
        var most = _bytes.Length - 1;
        if (piece.Length >= most)
        {
            piece = piece[^most..];
            matched = 0;
        }
        foreach (var next in piece)
        {
            matched = Next(matched, next);
        }
        return matched;
    }
}
