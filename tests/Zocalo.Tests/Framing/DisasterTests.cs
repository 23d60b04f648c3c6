using System.Buffers;
using System.Text;

namespace Zocalo.Tests.Framing;

/// <summary>What has gone wrong in other libraries, one by one. Those that need a connection are in the tests of messaging.</summary>
public sealed class DisasterTests
{
    /// <summary>SuperSocket's sample of a length-prefixed protocol reads a 16-bit length as signed: from 32,768 bytes on a message has a
    /// negative length.</summary>
    [Fact]
    public void A_16_bit_length_is_unsigned_SuperSocket()
    {
        var payload = new byte[40_000];
        Array.Fill(payload, (byte)7);
        Assert.Equal(payload, Assert.Single(Hostile.Read(Frames.LengthPrefixed(2), [0x9C, 0x40, .. payload])));
        Assert.Equal(payload, Assert.Single(Hostile.Read(Frames.LengthPrefixed(2, ByteOrder.LittleEndian), [0x40, 0x9C, .. payload])));

        var refused = Hostile.Corrupt(Frames.LengthPrefixed(2, maxFrameLength: 1000), [0x80, 0x01]);
        Assert.Equal((32_769, 1000), ((int?)refused.Value, (int?)refused.Limit));
    }

    /// <summary>WatsonTcp (CVE-2026-45416): memory for a whole message was taken as soon as its length was read. Here a claim takes none,
    /// whatever the limit.</summary>
    [Theory]
    [InlineData("u8", 255, new byte[] { 0xFF })]
    [InlineData("u16", 0xFFFF, new byte[] { 0xFF, 0xFF })]
    [InlineData("u32", FrameFormat.GreatestMaxFrameLength, new byte[] { 0x40, 0, 0, 0 })]
    [InlineData("u64", FrameFormat.GreatestMaxFrameLength, new byte[] { 0, 0, 0, 0, 0x40, 0, 0, 0 })]
    [InlineData("varint", FrameFormat.GreatestMaxFrameLength, new byte[] { 0x80, 0x80, 0x80, 0x80, 0x04 })]
    [InlineData("digits", 999_999_999, new byte[] { 57, 57, 57, 57, 57, 57, 57, 57, 57 })]
    [InlineData("netstring", 999_999_999, new byte[] { 57, 57, 57, 57, 57, 57, 57, 57, 57, 58 })]
    public void A_claimed_length_takes_no_memory_WatsonTcp_CVE_2026_45416(string kind, int limit, byte[] claim)
    {
        FrameFormat[] formats = [Hostile.Format(kind, limit), Hostile.Format(kind, limit).WithChecksum(Checksum.Crc32)];
        foreach (var format in formats)
        {
            var claims = new ReadOnlySequence<byte>(claim);
            var oneByteMore = new ReadOnlySequence<byte>([.. claim, 1]);
            Claim(new FrameReader(format), claims, oneByteMore);        // the code itself takes memory once
            var reader = new FrameReader(format);
            var before = GC.GetAllocatedBytesForCurrentThread();
            var answered = Claim(reader, claims, oneByteMore);
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.False(answered);
            Assert.True(allocated <= 256, $"{format}: {allocated} bytes for a claim of {limit}.");
        }

        static bool Claim(FrameReader reader, in ReadOnlySequence<byte> claim, in ReadOnlySequence<byte> more)
        {
            reader.Begin(claim);
            var answered = reader.TryRead(out _);
            reader.Begin(more);
            return reader.TryRead(out _) || answered;
        }
    }

    /// <summary>CVE-2025-55315: a chunk extension ended with a bare LF for one party and went on for the other, which smuggled a request.
    /// In strict lines neither LF nor CR ends or lies in a line by itself.</summary>
    [Theory]
    [InlineData("2;\nxx\r\n", 2)]
    [InlineData("2;\rxx\r\n", 2)]
    [InlineData("\n", 0)]
    [InlineData("a\r\r\n", 1)]
    [InlineData("a\n\r\n", 1)]
    [InlineData("a\n", 1)]
    public void A_bare_LF_or_CR_is_refused_where_it_stands_CVE_2025_55315(string text, int at)
    {
        var refused = Hostile.Corrupt(Frames.Lines(strict: true), [.. "before\r\n"u8, .. Encoding.ASCII.GetBytes(text)], frames: 1);
        Assert.Equal(8 + at, refused.Offset);
        Assert.Throws<ArgumentException>(() => Frames.Lines(strict: true).Encode("a\nb"u8, new ArrayBufferWriter<byte>()));
        Assert.Throws<ArgumentException>(() => Frames.Lines(strict: true).Encode("a\rb"u8, new ArrayBufferWriter<byte>()));
        Assert.Throws<ArgumentException>(() => Frames.Lines(strict: true).Encode("a\r"u8, new ArrayBufferWriter<byte>()));
    }

    /// <summary>Bedrock's readers took the end of the stream inside a message for the end between two.</summary>
    [Fact]
    public void An_end_inside_a_frame_is_never_a_clean_end_Bedrock()
    {
        (FrameFormat Format, string Whole)[] streams =
        [
            (Frames.Fixed(5), "hello"), (Frames.LengthPrefixed(1), "\u0005hello"), (Frames.VarintPrefixed(), "\u0005hello"),
            (Frames.DigitsPrefixed(), "00005hello"), (Frames.Netstrings(), "5:hello,"), (Frames.Lines(), "hello\n"),
            (Frames.Lines(strict: true), "hello\r\n"), (Frames.Delimited("--"u8), "hello--"), (Frames.Nul(), "hello\0"),
            (Frames.Cobs(), "\u0006hello\0"), (Frames.Marked(new FrameMarks((byte)'$', (byte)'#')), "$hello#"),
        ];
        foreach (var (format, text) in streams)
        {
            var whole = Encoding.Latin1.GetBytes(text);
            Assert.Equal("hello"u8.ToArray(), Assert.Single(Hostile.Read(format, whole)));
            for (var length = 1; length < whole.Length; length++)
            {
                var cut = Assert.Throws<FrameException>(() => Hostile.Read(format, [.. whole, .. whole[..length]]));
                Assert.Equal((EndReason.Truncated, whole.Length, length), (cut.Reason, (int)cut.Offset, (int?)cut.Value));
            }
        }
    }

    /// <summary>Without its end a message is refused at the byte that passes the limit, and not when memory is full.</summary>
    [Fact]
    public void A_missing_terminator_is_refused_at_the_limit()
    {
        (FrameFormat Format, int Most)[] formats =
        [
            (Frames.Lines(maxFrameLength: 100), 102), (Frames.Lines(strict: true, 100), 102), (Frames.Nul(100), 101),
            (Frames.Delimited("\r\n\r\n"u8, 100), 104),
            (Frames.Slip(100), 204), (Frames.Cobs(100), 104), (Frames.UntilClose(100), 101),
        ];
        foreach (var (format, most) in formats)
        {
            var reader = new FrameReader(format);
            var bytes = new byte[1000];
            Array.Fill(bytes, (byte)0xFE);      // no mark of any; to COBS 253 bytes without a zero
            var came = 0;
            var refused = Assert.Throws<FrameException>(() =>
            {
                for (came = 1; came <= bytes.Length; came++)
                {
                    reader.Begin(new ReadOnlySequence<byte>(bytes, 0, came));
                    Assert.False(reader.TryRead(out _));
                }
            });
            Assert.True(came <= most && came <= format.MaxWireLength, $"{format} took {came} bytes.");
            Assert.Equal((100, EndReason.ProtocolError), (refused.Limit, refused.Reason));
        }
    }
}
