using System.Buffers;
using System.Buffers.Binary;

namespace Zocalo.Simulation.Workload;

/// <summary>
/// Bytes that can be checked: each follows from the key of its stream and its position, so a byte that is lost, doubled, swapped or from
/// another stream is noticed.
/// </summary>
internal static class Pattern
{
    private const ulong Step = 0x9E3779B97F4A7C15;

    /// <summary>One direction of a connection, or one of its messages.</summary>
    internal static ulong Key(int stream, int way, int sequence = 0) =>
        Mix(((ulong)(uint)stream << 34) ^ ((ulong)(uint)sequence << 2) ^ (uint)way);

    internal static void Fill(Span<byte> into, ulong key, long position)
    {
        Span<byte> word = stackalloc byte[8];
        while (!into.IsEmpty)
        {
            Word(key, position, word);
            var from = (int)(position & 7);
            var count = Math.Min(8 - from, into.Length);
            word.Slice(from, count).CopyTo(into);
            into = into[count..];
            position += count;
        }
    }

    internal static byte[] Make(int length, ulong key, long position = 0)
    {
        var bytes = new byte[length];
        Fill(bytes, key, position);
        return bytes;
    }

    /// <summary>Whether these are the bytes of that key from that position on.</summary>
    internal static bool Matches(ReadOnlySpan<byte> bytes, ulong key, long position)
    {
        Span<byte> word = stackalloc byte[8];
        while (!bytes.IsEmpty)
        {
            Word(key, position, word);
            var from = (int)(position & 7);
            var count = Math.Min(8 - from, bytes.Length);
            if (!bytes[..count].SequenceEqual(word.Slice(from, count)))
            {
                return false;
            }
            bytes = bytes[count..];
            position += count;
        }
        return true;
    }

    internal static bool Matches(in ReadOnlySequence<byte> bytes, ulong key, long position)
    {
        foreach (var part in bytes)
        {
            if (!Matches(part.Span, key, position))
            {
                return false;
            }
            position += part.Length;
        }
        return true;
    }

    private static void Word(ulong key, long position, Span<byte> into) =>
        BinaryPrimitives.WriteUInt64LittleEndian(into, Mix(key + ((ulong)(position >> 3) * Step)));

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
