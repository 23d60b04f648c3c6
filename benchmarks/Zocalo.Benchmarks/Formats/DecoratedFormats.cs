using System.Buffers.Binary;
using System.Numerics;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Formats;

// By hand: the length first and checked, then the checksum at the end of what it counts. CRCs go by a table of 256 entries, a byte a step;
// the library's own 16-bit ones do the same.

/// <summary>A length in 4 bytes, a message and a checksum.</summary>
public abstract class ChecksumFormat : FormatBenchmark
{
    protected abstract int Width { get; }

    protected long Read<TCheck>(TCheck check) where TCheck : struct, ICheck
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 4)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(bytes[at..]);
            if (length > Limit || length < Width)
            {
                Refuse();
            }
            at += 4;
            if (bytes.Length - at < (int)length)
            {
                break;
            }
            var message = (int)length - Width;
            if (!check.IsRight(bytes.Slice(at, message), bytes.Slice(at + message, Width)))
            {
                Refuse();
            }
            sum += Touch(memory.Slice(at, message));
            at += (int)length;
        }
        return sum;
    }

    protected interface ICheck
    {
        bool IsRight(ReadOnlySpan<byte> message, ReadOnlySpan<byte> wire);
    }
}

[BenchmarkCategory("u32be+CRC-32")]
public class Crc32Format : ChecksumFormat
{
    protected override FrameFormat Format => Frames.LengthPrefixed().WithChecksum(Checksum.Crc32);

    protected override int Width => 4;

    protected override long ReadByHand() => Read(new Check(Tables.Reflected(0xEDB88320)));

    private readonly struct Check(uint[] table) : ICheck
    {
        public bool IsRight(ReadOnlySpan<byte> message, ReadOnlySpan<byte> wire)
        {
            var register = uint.MaxValue;
            foreach (var next in message)
            {
                register = (register >> 8) ^ table[(byte)register ^ next];
            }
            return ~register == BinaryPrimitives.ReadUInt32LittleEndian(wire);
        }
    }
}

[BenchmarkCategory("u32be+CRC-16/X-25")]
public class Crc16Format : ChecksumFormat
{
    protected override FrameFormat Format => Frames.LengthPrefixed().WithChecksum(Checksum.Crc16X25);

    protected override int Width => 2;

    protected override long ReadByHand() => Read(new Check(Tables.Reflected(0x8408)));

    private readonly struct Check(uint[] table) : ICheck
    {
        public bool IsRight(ReadOnlySpan<byte> message, ReadOnlySpan<byte> wire)
        {
            uint register = 0xFFFF;
            foreach (var next in message)
            {
                register = (register >> 8) ^ table[(byte)register ^ next];
            }
            return (ushort)~register == BinaryPrimitives.ReadUInt16LittleEndian(wire);
        }
    }
}

[BenchmarkCategory("u32be+XOR")]
public class XorFormat : ChecksumFormat
{
    protected override FrameFormat Format => Frames.LengthPrefixed().WithChecksum(Checksum.Xor8);

    protected override int Width => 1;

    protected override long ReadByHand() => Read(default(Check));

    // As wide as the machine goes.
    private readonly struct Check : ICheck
    {
        public bool IsRight(ReadOnlySpan<byte> message, ReadOnlySpan<byte> wire)
        {
            var wide = Vector<byte>.Zero;
            for (; message.Length >= Vector<byte>.Count; message = message[Vector<byte>.Count..])
            {
                wide ^= new Vector<byte>(message);
            }
            var word = 0UL;
            for (var i = 0; i < Vector<ulong>.Count; i++)
            {
                word ^= wide.As<byte, ulong>()[i];
            }
            word ^= word >> 32;
            word ^= word >> 16;
            var register = (byte)(word ^ (word >> 8));
            foreach (var next in message)
            {
                register ^= next;
            }
            return register == wire[0];
        }
    }
}

/// <summary>A start mark of two bytes, a length in one, a message. Nothing is corrupt here; what is measured is that it might be.</summary>
[BenchmarkCategory("u8 after mark, resync")]
public class ResyncFormat : FormatBenchmark
{
    private const byte First = 0x78;
    private const byte Second = 0x79;

    protected override FrameFormat Format =>
        Frames.LengthPrefixed(new LengthField(1) { Offset = 2, BytesToStrip = 0 }).WithResync([First, Second]);

    protected override byte[] Message => [First, Second, Messages.Length - 3, .. Messages.Plain.AsSpan(3)];

    // What does not begin with the mark is searched for it.
    protected override long ReadByHand()
    {
        var sum = 0L;
        var memory = Segment;
        var bytes = memory.Span;
        var at = 0;
        while (bytes.Length - at >= 3)
        {
            if (bytes[at] != First || bytes[at + 1] != Second)
            {
                var skipped = bytes[at..].IndexOf([First, Second]);
                if (skipped < 0)
                {
                    break;
                }
                at += skipped;
                continue;
            }
            var length = bytes[at + 2] + 3;
            if (bytes.Length - at < length)
            {
                break;
            }
            sum += Touch(memory.Slice(at, length));
            at += length;
        }
        return sum;
    }
}

internal static class Tables
{
    private static readonly Dictionary<uint, uint[]> Made = [];

    /// <param name="polynomial">Reflected.</param>
    internal static uint[] Reflected(uint polynomial)
    {
        if (!Made.TryGetValue(polynomial, out var table))
        {
            Made[polynomial] = table = new uint[256];
            for (var value = 0u; value < 256; value++)
            {
                var register = value;
                for (var bit = 0; bit < 8; bit++)
                {
                    register = (register >> 1) ^ ((register & 1) * polynomial);
                }
                table[value] = register;
            }
        }
        return table;
    }
}
