using System.Buffers;

namespace Zocalo.Tests.Framing.Proof;

/// <summary>Streams of a format: of whole frames, of frames with damage, of rubbish. From a seed, so always the same.</summary>
internal static class TestStreams
{
    private const int Seed = 5346;

    /// <summary>The streams that are split in two everywhere: up to 4 KiB, where messages can be long enough to be worth that.</summary>
    public static IEnumerable<byte[]> Long(FormatCase of)
    {
        var random = new Random(Seed);
        if (of.Format.MaxFrameLength >= 200)
        {
            yield return Valid(of, random, 4096, 600, out _);
            yield return Damaged(of, random, Valid(of, random, 4096, 4000, out _));
        }
        yield return Valid(of, random, 300, 100, out _);
        yield return Damaged(of, random, Valid(of, random, 300, 100, out _));
    }

    /// <summary>The streams that are also split in three everywhere: up to 64 B.</summary>
    public static IEnumerable<byte[]> Short(FormatCase of)
    {
        var random = new Random(Seed);
        foreach (var stream in of.Streams)
        {
            yield return stream;
        }
        yield return Valid(of, random, 64, 15, out _);
        yield return Valid(of, random, 40, 4, out _);
        for (var i = 0; i < 4; i++)
        {
            yield return Damaged(of, random, Valid(of, random, 32, 12, out _));
        }
        for (var i = 0; i < 2; i++)
        {
            yield return of.Bytes(random, 24);
        }
    }

    /// <summary>Frames one after the other, with at most that many bytes.</summary>
    public static byte[] Valid(FormatCase of, Random random, int bytes, int longestPayload, out List<byte[]> payloads)
    {
        var stream = new ArrayBufferWriter<byte>();
        payloads = [];
        for (var misses = 0; misses < 20 && !(of.OneFrame && payloads.Count == 1);)
        {
            var payload = of.Payload(random, longestPayload);
            var frame = new ArrayBufferWriter<byte>();
            of.Format.Encode(payload, frame);
            if (stream.WrittenCount + frame.WrittenCount > bytes)
            {
                misses++;
                continue;
            }
            stream.Write(frame.WrittenSpan);
            payloads.Add(payload);
        }
        return stream.WrittenSpan.ToArray();
    }

    /// <summary>One to three things go wrong on the way.</summary>
    public static byte[] Damaged(FormatCase of, Random random, byte[] stream)
    {
        var bytes = stream.ToList();
        for (var i = random.Next(3); i >= 0; i--)
        {
            var at = random.Next(bytes.Count + 1);
            switch (at == bytes.Count ? 0 : random.Next(6))
            {
                case 0:
                    bytes.Insert(at, of.Alphabet[random.Next(of.Alphabet.Length)]);
                    break;
                case 1:
                    bytes[at] = of.Alphabet[random.Next(of.Alphabet.Length)];
                    break;
                case 2:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 3:
                    bytes.RemoveAt(at);
                    break;
                case 4:
                    bytes.RemoveRange(at, Math.Min(random.Next(4), bytes.Count - at));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }
        return [.. bytes];
    }
}
