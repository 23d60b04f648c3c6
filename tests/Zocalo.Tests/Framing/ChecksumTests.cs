using System.Buffers;
using Zocalo.Tests.Framing.Formats;

namespace Zocalo.Tests.Framing;

public sealed class ChecksumTests
{
    public static TheoryData<Checksum, string, uint> Known => new()
    {
        // Name and check value as in the "Catalogue of parametrised CRC algorithms".
        { Checksum.Crc16CcittFalse, "CRC-16/IBM-3740", 0x29B1 },
        { Checksum.Crc16X25, "CRC-16/IBM-SDLC", 0x906E },
        { Checksum.Crc16Modbus, "CRC-16/MODBUS", 0x4B37 },
        { Checksum.Crc16Xmodem, "CRC-16/XMODEM", 0x31C3 },
        { Checksum.Crc16Kermit, "CRC-16/KERMIT", 0x2189 },
        { Checksum.Crc16Arc, "CRC-16/ARC", 0xBB3D },
        { Checksum.Crc32, "CRC-32/ISO-HDLC", 0xCBF43926 },
        { Checksum.Crc32C, "CRC-32/ISCSI", 0xE3069283 },
        { Checksum.Crc("CRC-8/SMBUS", 1, 0x07, 0, false, 0, ByteOrder.BigEndian), "CRC-8/SMBUS", 0xF4 },
        { Checksum.Crc("CRC-8/MAXIM-DOW", 1, 0x31, 0, true, 0, ByteOrder.BigEndian), "CRC-8/MAXIM-DOW", 0xA1 },
        { Checksum.Crc("CRC-24/OPENPGP", 3, 0x864CFB, 0xB704CE, false, 0, ByteOrder.BigEndian), "CRC-24/OPENPGP", 0x21CF02 },
        { Checksum.Crc("CRC-24/BLE", 3, 0x00065B, 0x555555, true, 0, ByteOrder.LittleEndian), "CRC-24/BLE", 0xC25A56 },
        { Checksum.Crc("CRC-32/BZIP2", 4, 0x04C11DB7, 0xFFFFFFFF, false, 0xFFFFFFFF, ByteOrder.BigEndian), "CRC-32/BZIP2", 0xFC891918 },
        { Checksum.Crc("CRC-16/GENIBUS", 2, 0x1021, 0xFFFF, false, 0xFFFF, ByteOrder.BigEndian), "CRC-16/GENIBUS", 0xD64E },
        { Checksum.Crc("CRC-16/MCRF4XX", 2, 0x1021, 0xFFFF, true, 0, ByteOrder.LittleEndian), "CRC-16/MCRF4XX", 0x6F91 },
        { Checksum.Sum8, "Sum8", 0xDD },
        { Checksum.Sum16, "Sum16", 0x01DD },
        { Checksum.Xor8, "Xor8", 0x31 },
    };

    [Theory]
    [MemberData(nameof(Known), DisableDiscoveryEnumeration = true)]
    public void The_check_value_of_123456789_is_the_published_one(Checksum checksum, string name, uint value)
    {
        Assert.Equal(value, checksum.Compute("123456789"u8));
        Assert.Equal(name, checksum.Name);
        Assert.Equal(name, checksum.ToString());
    }

    [Fact]
    public void Initial_values_that_are_no_palindromes_are_reflected()
    {
        // CRC-16/RIELLO: init 0xB2AA.
        Assert.Equal(0x63D0u, Checksum.Crc("CRC-16/RIELLO", 2, 0x1021, 0xB2AA, true, 0, ByteOrder.BigEndian).Compute("123456789"u8));
    }

    [Fact]
    public void Spread_bytes_have_the_same_checksum()
    {
        var bytes = "123456789"u8.ToArray();
        for (var i = 1; i < bytes.Length; i++)
        {
            Assert.Equal(0x906Eu, Checksum.Crc16X25.Compute(Spread(bytes[..i], bytes[i..])));
        }
    }

    [Fact]
    public void What_the_framework_computes_is_the_CRC_of_its_parameters_in_one_piece_and_in_two()
    {
        var bytes = new byte[200];
        new Random(1).NextBytes(bytes);
        Same(Checksum.Crc32, Checksum.Crc("by parameters", 4, 0x04C11DB7, uint.MaxValue, true, uint.MaxValue, ByteOrder.LittleEndian));
        Same(Checksum.Crc32C, Checksum.Crc("by parameters", 4, 0x1EDC6F41, uint.MaxValue, true, uint.MaxValue, ByteOrder.LittleEndian));

        void Same(Checksum named, Checksum byParameters)
        {
            for (var length = 0; length <= bytes.Length; length++)
            {
                var expected = byParameters.Compute(bytes.AsSpan(0, length));
                Assert.Equal(expected, named.Compute(bytes.AsSpan(0, length)));
                Assert.Equal(expected, named.Compute(Spread(bytes[..(length / 3)], bytes[(length / 3)..length])));
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public void Widths_are_1_to_4_bytes(int width) =>
        Assert.Throws<ArgumentOutOfRangeException>(nameof(width), () => Checksum.Crc("none", width, 1, 0, false, 0, ByteOrder.BigEndian));

    [Fact]
    public void The_byte_order_can_be_another()
    {
        var payload = "123456789"u8.ToArray();
        var little = Reading.Encode(Frames.Lines().WithChecksum(Checksum.Crc16X25), payload);
        var big = Reading.Encode(Frames.Lines().WithChecksum(Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian }), payload);
        Assert.Equal([0x6E, 0x90], little[9..11]);
        Assert.Equal([0x90, 0x6E], big[9..11]);
    }

    private static ReadOnlySequence<byte> Spread(byte[] first, byte[] second)
    {
        var last = new Link(second, null, first.Length);
        return new ReadOnlySequence<byte>(new Link(first, last, 0), 0, last, second.Length);
    }

    private sealed class Link : ReadOnlySequenceSegment<byte>
    {
        internal Link(byte[] bytes, Link? next, long at)
        {
            Memory = bytes;
            Next = next;
            RunningIndex = at;
        }
    }
}
