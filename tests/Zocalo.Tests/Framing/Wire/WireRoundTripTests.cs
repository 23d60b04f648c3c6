using System.Buffers;

namespace Zocalo.Tests.Framing.Wire;

/// <summary>Messages of random fields at random splits. A failure prints the seed; put it into <see cref="Seed"/> to see it
/// again.</summary>
public class WireRoundTripTests
{
    private static readonly int Seed = Random.Shared.Next();

    private static readonly IReadOnlyList<WireCase> Cases = [.. NumberCases.All().Concat(OtherCases.All()).Where(value => !value.MayBeCut)];

    [Fact]
    public void A_message_of_any_fields_is_read_as_it_was_written()
    {
        TestContext.Current.TestOutputHelper?.WriteLine($"seed {Seed}");
        var random = new Random(Seed);
        for (var round = 0; round < 2_000; round++)
        {
            var fields = Enumerable.Range(0, random.Next(12)).Select(_ => Cases[random.Next(Cases.Count)]).ToList();
            var output = new ArrayBufferWriter<byte>();
            foreach (var field in fields)
            {
                field.Write(new WireWriter(output));
            }
            AssertRead(fields, Spread.Pieces([.. Cut(output.WrittenSpan.ToArray(), random)]));
        }
    }

    [Fact]
    public void Random_numbers_come_back()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 5_000; round++)
        {
            var number = random.NextInt64(long.MinValue, long.MaxValue) >> random.Next(64);
            var output = new ArrayBufferWriter<byte>();
            var writer = new WireWriter(output);
            writer.WriteVarUInt64((ulong)number);
            writer.WriteZigZagInt64(number);
            writer.WriteDecimal(number);
            writer.WriteByte((byte)' ');
            writer.WriteVarUInt32((uint)number);
            writer.WriteZigZagInt32((int)number);
            writer.WriteUInt24BigEndian((uint)number & 0xFF_FFFF);
            writer.WriteInt24LittleEndian((int)number << 8 >> 8);

            var reader = new WireReader(Spread.Pieces([.. Cut(output.WrittenSpan.ToArray(), random)]));
            Assert.True(
                number == (long)reader.ReadVarUInt64() && number == reader.ReadZigZagInt64() && number == reader.ReadDecimal(),
                $"{number}, seed {Seed}");
            reader.Skip(1);
            Assert.True((uint)number == reader.ReadVarUInt32() && (int)number == reader.ReadZigZagInt32(), $"{number}, seed {Seed}");
            Assert.True(
                ((uint)number & 0xFF_FFFF) == reader.ReadUInt24BigEndian() && (int)number << 8 >> 8 == reader.ReadInt24LittleEndian(),
                $"{number}, seed {Seed}");
            reader.ThrowIfNotAtEnd();
        }
    }

    [Fact]
    public void Random_bytes_are_values_or_refused_and_nothing_else()
    {
        var random = new Random(Seed);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(24)];
            random.NextBytes(bytes);
            var reader = new WireReader(Spread.Pieces([.. Cut(bytes, random)]));
            var asked = Cases[random.Next(Cases.Count)];
            var read = asked.TryRead(ref reader, out var value);
            Assert.True(
                read ? reader.Position <= bytes.Length : reader.Position == 0, $"{asked} from {Convert.ToHexString(bytes)}, seed {Seed}");

            var again = new WireReader(bytes);
            Assert.True(
                read == asked.TryRead(ref again, out var same) && Equals(value, same),
                $"{asked} from {Convert.ToHexString(bytes)}, seed {Seed}");
        }
    }

    private static void AssertRead(List<WireCase> fields, Frame message)
    {
        var reader = new WireReader(message);
        foreach (var field in fields)
        {
            var value = field.Read(ref reader);
            Assert.True(Equals(field.Value, value), $"{field} was read as {value}, seed {Seed}");
        }
        reader.ThrowIfNotAtEnd();
    }

    private static List<byte[]> Cut(byte[] bytes, Random random)
    {
        var pieces = new List<byte[]>();
        for (var at = 0; at < bytes.Length;)
        {
            var next = Math.Min(bytes.Length, at + random.Next(1 + Math.Min(20, bytes.Length)));
            pieces.Add(bytes[at..next]);
            at = next;
        }
        return pieces;
    }
}
