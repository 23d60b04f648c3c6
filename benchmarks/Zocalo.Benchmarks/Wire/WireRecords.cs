using System.Buffers.Binary;
using BenchmarkDotNet.Attributes;

namespace Zocalo.Benchmarks.Wire;

/// <summary>Devices' reports of 35 bytes, 1,000 of them one behind the other: <see cref="WireReader"/> beside
/// <see cref="BinaryPrimitives"/> with offsets that one counts oneself and one check of the length.</summary>
[BenchmarkCategory("WireReader, 8 fields")]
public class WireRecords
{
    private const int Count = 1000;
    private const int Length = 4 + 8 + 8 + 8 + 2 + 2 + 1 + 2;

    private readonly byte[] _reports = new byte[Count * Length];

    public WireRecords() => new Random(5346).NextBytes(_reports);

    [Benchmark(Baseline = true, OperationsPerInvoke = Count)]
    public double ByHand()
    {
        var sum = 0.0;
        for (var i = 0; i < Count; i++)
        {
            var bytes = _reports.AsSpan(i * Length, Length);
            if (bytes.Length != Length)
            {
                throw new InvalidDataException();
            }
            var device = BinaryPrimitives.ReadUInt32BigEndian(bytes);
            var time = BinaryPrimitives.ReadInt64BigEndian(bytes[4..]);
            var latitude = BinaryPrimitives.ReadDoubleBigEndian(bytes[12..]);
            var longitude = BinaryPrimitives.ReadDoubleBigEndian(bytes[20..]);
            var speed = BinaryPrimitives.ReadUInt16BigEndian(bytes[28..]);
            var course = BinaryPrimitives.ReadInt16BigEndian(bytes[30..]);
            var status = bytes[32];
            var voltage = BinaryPrimitives.ReadUInt16LittleEndian(bytes[33..]);
            sum += device + time + speed + course + status + voltage + (latitude < longitude ? 1 : 0);
        }
        return sum;
    }

    [Benchmark(OperationsPerInvoke = Count)]
    public double Zocalo()
    {
        var sum = 0.0;
        for (var i = 0; i < Count; i++)
        {
            var reader = new WireReader(_reports.AsSpan(i * Length, Length));
            var device = reader.ReadUInt32BigEndian();
            var time = reader.ReadInt64BigEndian();
            var latitude = reader.ReadDoubleBigEndian();
            var longitude = reader.ReadDoubleBigEndian();
            var speed = reader.ReadUInt16BigEndian();
            var course = reader.ReadInt16BigEndian();
            var status = reader.ReadByte();
            var voltage = reader.ReadUInt16LittleEndian();
            reader.ThrowIfNotAtEnd();
            sum += device + time + speed + course + status + voltage + (latitude < longitude ? 1 : 0);
        }
        return sum;
    }
}
