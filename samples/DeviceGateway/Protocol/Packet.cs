using System.Buffers;
using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>
/// What surrounds the content of every message: two mark bytes, a length and the type before it; a serial number, a checksum and two mark
/// bytes after it.
/// <code>
/// 78 78  length (1)  type (1)  content  serial (2)  CRC (2)  0D 0A
/// 79 79  length (2)  type (1)  content  serial (2)  CRC (2)  0D 0A
/// </code>
/// The length counts from the type to the CRC. The CRC is that of X.25, high byte first, and covers everything from the length to the
/// serial number.
/// </summary>
/// <param name="Type">The packet's type. A number that is not in the enumeration is a type that this gateway does not know.</param>
/// <param name="Content">Borrowed, like the frame.</param>
/// <param name="Serial">The sender's counter.</param>
public readonly record struct Packet(PacketType Type, Frame Content, ushort Serial)
{
    private const int BesidesContent = 1 + 2 + 2;       // type, serial, CRC: the length counts them too

    /// <summary>The format of packets in the stream. A frame is one packet from its first mark to its serial number; the bytes after that
    /// were checked and removed.</summary>
    public static FrameFormat Format { get; } = Frames.Tagged(new Dictionary<byte, FrameFormat>
    {
        [0x78] = BehindFirstMark(0x78, lengthWidth: 1),
        [0x79] = BehindFirstMark(0x79, lengthWidth: 2),
    }).WithChecksum(Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian }, start: 2, trailer: [0x0D, 0x0A]);

    /// <summary>Splits a frame into its parts.</summary>
    public static Packet Read(Frame frame)
    {
        var reader = new WireReader(frame);
        reader.Skip(reader.PeekByte() == 0x78 ? 3 : 4);
        var type = (PacketType)reader.ReadByte();
        var content = reader.ReadBytes(reader.Remaining - 2);
        return new(type, content, reader.ReadUInt16BigEndian());
    }

    /// <summary>Writes what comes before the content; the caller writes the content and then the serial number.</summary>
    public static WireWriter Begin(IBufferWriter<byte> into, PacketType type, int contentLength)
    {
        var writer = new WireWriter(into);
        if (type == PacketType.CommandReply)
        {
            writer.WriteUInt16BigEndian(0x7979);
            writer.WriteUInt16BigEndian(checked((ushort)(BesidesContent + contentLength)));
        }
        else
        {
            writer.WriteUInt16BigEndian(0x7878);
            writer.WriteByte(checked((byte)(BesidesContent + contentLength)));
        }
        writer.WriteByte((byte)type);
        return writer;
    }

    // The mark twice, then the length, and two bytes more than the length says: the marks at the end. The limit: no message of a tracker is
    // longer than a screen of text.
    private static FrameFormat BehindFirstMark(byte mark, int lengthWidth) => Frames.Tagged(new Dictionary<byte, FrameFormat>
    {
        [mark] = Frames.LengthPrefixed(new LengthField(lengthWidth) { Adjustment = 2, BytesToStrip = 0 }, maxFrameLength: 2048),
    });
}
