using System.Buffers;

namespace Zocalo.Tests.Framing;

/// <summary>The limit counts the payload, in each format alike: a message of just that length arrives, one byte more is refused, by the
/// sender as by the receiver.</summary>
public sealed class LimitTests
{
    public static TheoryData<string> Kinds => [.. Formats.Keys];

    private static Dictionary<string, Func<int, FrameFormat>> Formats { get; } = new()
    {
        ["u16"] = limit => Frames.LengthPrefixed(2, maxFrameLength: limit),
        ["u64"] = limit => Frames.LengthPrefixed(8, ByteOrder.LittleEndian, limit),
        ["header delivered"] = limit => Frames.LengthPrefixed(new LengthField(2) { Offset = 2, BytesToStrip = 0 }, limit),
        ["varint"] = Frames.VarintPrefixed,
        ["digits"] = limit => Frames.DigitsPrefixed(5, limit),
        ["netstring"] = Frames.Netstrings,
        ["delimited"] = limit => Frames.Delimited("--"u8, limit),
        ["lines"] = limit => Frames.Lines(maxFrameLength: limit),
        ["strict lines"] = limit => Frames.Lines(strict: true, limit),
        ["nul"] = Frames.Nul,
        ["cobs"] = Frames.Cobs,
        ["slip"] = Frames.Slip,
        ["jt808"] = limit => Frames.Marked(FrameMarks.Jt808, limit),
        ["two marks"] = limit => Frames.Marked(new FrameMarks(2, 3), limit),
        ["until close"] = Frames.UntilClose,
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_payload_of_the_limit_arrives_and_one_byte_more_is_refused(string kind)
    {
        foreach (var limit in new[] { 5, 127, 253, 254, 255, 508, 1000 })
        {
            var (format, roomier) = (Formats[kind](limit), Formats[kind](limit + 9));
            foreach (var payload in Payloads(kind, limit))
            {
                Assert.Equal(limit, Assert.Single(Hostile.Read(format, Encoded(format, payload))).Length);
            }
            foreach (var payload in Payloads(kind, limit + 1))
            {
                Assert.Throws<ArgumentException>(() => format.Encode(payload, new ArrayBufferWriter<byte>()));
                var refused = Hostile.Corrupt(format, Encoded(roomier, payload));
                Assert.Equal(limit, refused.Limit);
            }
        }
    }

    /// <summary>Letters; and, where anything can be carried, what takes the most and the least room on the wire.</summary>
    private static IEnumerable<byte[]> Payloads(string kind, int length)
    {
        byte[] values = kind switch
        {
            "cobs" => [(byte)'x', 0],
            "slip" => [(byte)'x', 0xC0, 0xDB],
            "jt808" => [(byte)'x', 0x7E, 0x7D],
            _ => [(byte)'x'],
        };
        foreach (var value in values)
        {
            var payload = new byte[length];
            Array.Fill(payload, value);
            yield return payload;
        }
    }

    private static byte[] Encoded(FrameFormat format, byte[] payload)
    {
        var wire = new ArrayBufferWriter<byte>();
        format.Encode(payload, wire);
        return wire.WrittenSpan.ToArray();
    }
}
