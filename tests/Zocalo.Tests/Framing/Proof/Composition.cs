namespace Zocalo.Tests.Framing.Proof;

/// <summary>A format with its decorators, and what the search must know about it.</summary>
/// <param name="Name">Unique among the compositions, such as <c>u8 at 2, strip 0 +CRC-16 +Resync</c>.</param>
/// <param name="Format">The format.</param>
internal sealed record Composition(string Name, FrameFormat Format)
{
    /// <summary>Bytes that mean something to the format: drawn more often than others.</summary>
    public byte[] Alphabet { get; init; } = [0, 1, 0x7E, 0xFF];

    /// <summary>Makes a payload of any bytes more likely to be one that the format carries.</summary>
    public Func<byte[], byte[]> Shape { get; init; } = payload => payload;

    /// <summary>Whether only the end of the stream ends a frame with this payload.</summary>
    public Func<byte[], bool> EndsStream { get; init; } = _ => false;

    /// <summary>The bytes of a payload that encoding writes itself: the length in a header that is delivered.</summary>
    public Func<byte[], Range> Owned { get; init; } = _ => ..0;

    /// <summary>
    /// What the outermost decorator resynchronises, if it does that and the inner format leaves nothing out by itself: with its mark.
    /// </summary>
    public (FrameFormat Format, byte[] Mark)? Inner { get; init; }

    /// <summary>It leaves out bytes that belong to no frame.</summary>
    public bool Skips { get; init; }

    /// <summary>
    /// What a checksum comes to is part of the payload. So it may be that no message can be carried, as where the mark would lie in the
    /// checksum; each is refused by name.
    /// </summary>
    public bool HasChecksum { get; init; }

    /// <summary>A payload that it carries, and is the beginning of others; null when none was found.</summary>
    public byte[]? Sample { get; init; }

    /// <summary>A payload that it may carry.</summary>
    public byte[] Draw(Random random)
    {
        var longest = Math.Min(Format.MaxFrameLength, 70);
        var bytes = Bytes(random, random.Next(3) == 0 ? random.Next(Math.Min(longest, 4) + 1) : random.Next(longest + 2));
        switch (Sample is null ? random.Next(3) : random.Next(8))
        {
            case 0:
                return bytes;
            case 1 or 2:
                return Shape(bytes);
            case 3:
                return Overlaid(Shape(bytes), Sample.AsSpan(0, Math.Min(4, Sample!.Length)));
            case 4:
                return [.. Sample!, .. bytes];
            case 5:
                return Sample![..random.Next(Sample.Length + 1)];
            default:
                var changed = Sample!.ToArray();
                for (var i = random.Next(5); i >= 0 && changed.Length > 0; i--)
                {
                    changed[^(1 + random.Next(changed.Length))] = Bytes(random, 1)[0];
                }
                return changed;
        }
    }

    /// <summary>Random bytes: any, or of the format's own, or letters.</summary>
    public byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        var own = random.Next(3);
        for (var i = 0; i < count; i++)
        {
            bytes[i] = own switch
            {
                0 => (byte)('a' + (bytes[i] % 26)),
                1 when bytes[i] % 3 > 0 => Alphabet[bytes[i] % Alphabet.Length],
                _ => bytes[i],
            };
        }
        return bytes;
    }

    public override string ToString() => Name;

    internal static byte[] Overlaid(byte[] bytes, ReadOnlySpan<byte> begin)
    {
        var all = bytes.Length >= begin.Length ? bytes : FormatTable.Stretched(bytes, begin.Length);
        begin.CopyTo(all);
        return all;
    }
}
