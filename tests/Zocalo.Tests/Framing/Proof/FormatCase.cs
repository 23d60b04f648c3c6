namespace Zocalo.Tests.Framing.Proof;

/// <summary>A format and what the proof must know about it.</summary>
/// <param name="Name">Unique in the table.</param>
/// <param name="Format">The format.</param>
internal sealed record FormatCase(string Name, FrameFormat Format)
{
    /// <summary>Bytes that mean something to the format: drawn more often than others.</summary>
    public byte[] Alphabet { get; init; } = [0x00, 0x01, 0x7F, 0x80, 0xFF];

    /// <summary>Which payloads within the limit the format can carry, said independently of it. All, unless set.</summary>
    public Func<byte[], bool> Carries { get; init; } = _ => true;

    /// <summary>Makes a payload of about that many bytes fit the format; it need not be one that can be carried.</summary>
    public Func<byte[], byte[]> Shape { get; init; } = payload => payload;

    /// <summary>Only the end of the stream ends a frame, so there is one in it.</summary>
    public bool OneFrame { get; init; }

    /// <summary>Encoding changes a payload: a length in its part of the header is filled in.</summary>
    public bool FillsIn { get; init; }

    /// <summary>Whether reading continues after an error.</summary>
    public bool Resyncs => Format.Name.Contains("Resync", StringComparison.Ordinal);

    /// <summary>Streams worth a look of their own, valid or not.</summary>
    public byte[][] Streams { get; init; } = [];

    /// <summary>A random payload that the format carries.</summary>
    /// <param name="random">The source.</param>
    /// <param name="longest">About the most bytes.</param>
    public byte[] Payload(Random random, int longest)
    {
        longest = Math.Min(longest, Format.MaxFrameLength);
        while (true)
        {
            var payload = Shape(Bytes(random, random.Next(4) == 0 ? random.Next(Math.Min(longest, 3) + 1) : random.Next(longest + 1)));
            if (Carries(payload))
            {
                return payload;
            }
        }
    }

    /// <summary>Random bytes: any, or of the format's own, or mixed, or letters.</summary>
    public byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        var own = random.Next(4) switch { 0 => 0, 1 => 255, 2 => 60, _ => -1 };
        for (var i = 0; i < count; i++)
        {
            if (own < 0)
            {
                bytes[i] = (byte)('a' + (bytes[i] % 26));
            }
            else if (random.Next(255) < own)
            {
                bytes[i] = Alphabet[bytes[i] % Alphabet.Length];
            }
        }
        return bytes;
    }

    public override string ToString() => Name;
}
