using System.Buffers;
using System.IO.Pipelines;
using Zocalo;

// One number, both orders; then the first four bytes, read the wrong way round.
var numbers = new ArrayBufferWriter<byte>();
new WireWriter(numbers).WriteUInt32BigEndian(300);
new WireWriter(numbers).WriteUInt32LittleEndian(300);
Console.WriteLine(
    $"300: {Convert.ToHexString(numbers.WrittenSpan[..4])} big-endian, {Convert.ToHexString(numbers.WrittenSpan[4..])} little-endian");
Console.WriteLine($"the first as little-endian: {new WireReader(numbers.WrittenSpan).ReadUInt32LittleEndian()}");

await using var listener = await Listener.ListenAsync("tcp://127.0.0.1:0");
var device = await Connector.ConnectAsync(listener.LocalAddress);
var server = await listener.AcceptAsync();

// The device: the writer writes directly into the connection's output.
WriteReading(new WireWriter(device.Output), new(7, 1769860800, 21.5f, "Zócalo"));
WriteReading(new WireWriter(device.Output), new(300, 1769860860, -3.25f, "roof"));
await device.CompleteOutputAsync();

// The server: wherever the network has cut the bytes, the reader reads across the cuts.
var received = await ReadToEndAsync(server.Input);
Console.WriteLine($"{received.Length} bytes: {Convert.ToHexString(received.ToArray())}");
ReadAll(received);
ReadAll(received.Slice(0, received.Length - 1));    // as if one byte had been lost
server.Input.AdvanceTo(received.End);
await Task.WhenAll(device.CloseAsync(), server.CloseAsync());

static void WriteReading(WireWriter writer, Reading reading)
{
    writer.WriteUInt32BigEndian(reading.Sensor);
    writer.WriteInt64BigEndian(reading.UnixTime);
    writer.WriteSingleBigEndian(reading.Temperature);
    writer.WriteByte(checked((byte)WireWriter.MeasureUtf8(reading.Place)));
    writer.WriteUtf8(reading.Place);
}

static Reading ReadReading(ref WireReader reader) =>
    new(reader.ReadUInt32BigEndian(), reader.ReadInt64BigEndian(), reader.ReadSingleBigEndian(), reader.ReadUtf8(reader.ReadByte()));

static void ReadAll(ReadOnlySequence<byte> bytes)
{
    try
    {
        for (var reader = new WireReader(bytes); !reader.IsAtEnd;) { Console.WriteLine(ReadReading(ref reader)); }
    }
    catch (WireException problem) { Console.WriteLine(problem.Message); }
}

static async Task<ReadOnlySequence<byte>> ReadToEndAsync(PipeReader input)
{
    ReadResult result;
    while (!(result = await input.ReadAsync()).IsCompleted) { input.AdvanceTo(result.Buffer.Start, result.Buffer.End); }
    return result.Buffer;       // ours until AdvanceTo
}

internal sealed record Reading(uint Sensor, long UnixTime, float Temperature, string Place);
