using System.Buffers;
using DeviceGateway.Protocol;

namespace Zocalo.Tests.Samples;

/// <summary>The sample's packets against those that trackers' manuals print.</summary>
public class TrackerPacketTests
{
    private const string Position = "78781F120B081D112E10CF027AC7EB0C46584900148F01CC00287D001FB8000380810D0A";

    public static TheoryData<string, DeviceMessage> FromTrackers => new()
    {
        { "78780D01012345678901234500018CDD0D0A", new Login("123456789012345") { Serial = 1 } },
        { "78780A134004040001000FDCEE0D0A", new Heartbeat(0x40, 4, 4) { Serial = 15 } },
    };

    public static TheoryData<string, ServerMessage> FromTheGateway => new()
    {
        { "787805010001D9DC0D0A", new Acknowledgement(PacketType.Login, 1) },
        { "787805130001E9F10D0A", new Acknowledgement(PacketType.Heartbeat, 1) },
    };

    [Theory]
    [MemberData(nameof(FromTrackers))]
    public void A_trackers_message_is_read_and_written_as_published(string wire, DeviceMessage message)
    {
        Assert.Equal(message, DeviceMessageCodec.Read(Decode(wire)));
        Assert.Equal(wire, Encode(message, DeviceMessageCodec.Write));
    }

    [Theory]
    [MemberData(nameof(FromTheGateway))]
    public void The_gateways_message_is_read_and_written_as_published(string wire, ServerMessage message)
    {
        Assert.Equal(message, ServerMessageCodec.Read(Decode(wire)));
        Assert.Equal(wire, Encode(message, ServerMessageCodec.Write));
    }

    [Fact]
    public void A_published_position_is_read()
    {
        var position = Assert.IsType<Position>(DeviceMessageCodec.Read(Decode(Position)));
        Assert.Equal(new DateTime(2011, 8, 29, 17, 46, 16, DateTimeKind.Utc), position.Time);
        Assert.Equal((23.1117, 114.4093), (Math.Round(position.Latitude, 4), Math.Round(position.Longitude, 4)));
        Assert.Equal((0, 143, 15, true, 3), (position.Speed, position.Course, position.Satellites, position.HasFix, position.Serial));
    }

    [Fact]
    public void A_published_command_is_read()
    {
        // This one has the number 0, and the serial number of the server's own counter.
        Assert.Equal(new Command("sos#"), ServerMessageCodec.Read(Decode("78780E800800000000736F732300016D6A0D0A")));
    }

    [Theory]
    [InlineData(19.4326, -99.1332)]
    [InlineData(-33.4489, -70.6693)]
    [InlineData(-1.2921, 36.8219)]
    public void A_position_arrives_in_every_quarter_of_the_world(double latitude, double longitude)
    {
        var sent = new Position(new(2026, 12, 31, 23, 59, 59, DateTimeKind.Utc), latitude, longitude, 255, 359, 9, HasFix: latitude > 0);
        var read = Assert.IsType<Position>(DeviceMessageCodec.Read(Decode(Encode(sent, DeviceMessageCodec.Write))));
        Assert.Equal(sent, read with { Latitude = Math.Round(read.Latitude, 4), Longitude = Math.Round(read.Longitude, 4) });
    }

    [Fact]
    public void A_reply_to_a_command_has_the_longer_header()
    {
        var reply = new CommandReply(7, new string('x', 1000)) { Serial = 3 };
        var wire = Encode(reply, DeviceMessageCodec.Write);
        Assert.StartsWith("797903F2", wire, StringComparison.Ordinal);      // 1010: type, number, encoding, text, serial, CRC
        Assert.Equal(reply, DeviceMessageCodec.Read(Decode(wire)));
    }

    [Theory]
    [InlineData("78790D01012345678901234500018CDD0D0A", 1)]     // two different marks
    [InlineData("78780D01012345678901234500018CDC0D0A", 14)]    // another checksum
    [InlineData("78780D01012345678901234500018CDD0D0D", 17)]    // other marks at the end
    [InlineData("7979FFFF", 2)]                                 // a length beyond the limit, before a byte of its message
    public void What_is_no_packet_is_refused_where_it_goes_wrong(string wire, int at) =>
        Assert.Equal(at, Assert.Throws<FrameException>(() => Decode(wire)).Offset);

    private static Frame Decode(string wire)
    {
        var reader = new FrameReader(Packet.Format);
        reader.Begin(new(Convert.FromHexString(wire)));
        Assert.True(reader.TryRead(out var frame));
        return frame.ToOwned();
    }

    private static string Encode<T>(T message, Action<T, IBufferWriter<byte>> write)
    {
        var payload = new ArrayBufferWriter<byte>();
        write(message, payload);
        var wire = new ArrayBufferWriter<byte>();
        Packet.Format.Encode(payload.WrittenSpan, wire);
        return Convert.ToHexString(wire.WrittenSpan);
    }
}
