using System.Buffers;
using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>
/// What every message has around its content: two marks, a length, the type, and behind the content a serial number, a checksum and two
/// more marks.
/// <code>
/// 78 78  length (1)  type (1)  content  serial (2)  CRC (2)  0D 0A
/// 79 79  length (2)  type (1)  content  serial (2)  CRC (2)  0D 0A
/// </code>
/// The length counts from the type to the CRC. The CRC, that of X.25 with its high byte first, covers all from the length to the serial
/// number.
/// </summary>
/// <param name="Type">What it is for; a number that is not in the enumeration is a type that this gateway does not know.</param>
/// <param name="Content">Borrowed, as the frame is.</param>
/// <param name="Serial">The sender's counter.</param>
public readonly record struct Packet(PacketType Type, Frame Content, ushort Serial)
{
    private const int BesidesContent = 1 + 2 + 2;       // type, serial, CRC: what the length counts

    /// <summary>How a packet lies in the stream. A frame is one packet, from its first mark to its serial number: what comes behind was
    /// checked and is gone.</summary>
    public static FrameFormat Format { get; } = Frames.Tagged(new Dictionary<byte, FrameFormat>
    {
        [0x78] = BehindFirstMark(0x78, lengthWidth: 1),
        [0x79] = BehindFirstMark(0x79, lengthWidth: 2),
    }).WithChecksum(Checksum.Crc16X25 with { ByteOrder = ByteOrder.BigEndian }, start: 2, trailer: [0x0D, 0x0A]);

    /// <summary>Takes a frame apart.</summary>
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

    // The same mark again, then the length, and two bytes more than it says: the marks at the end. The limit: no message of a tracker is
    // longer than a screen of text.
    private static FrameFormat BehindFirstMark(byte mark, int lengthWidth) => Frames.Tagged(new Dictionary<byte, FrameFormat>
    {
        [mark] = Frames.LengthPrefixed(new LengthField(lengthWidth) { Adjustment = 2, BytesToStrip = 0 }, maxFrameLength: 2048),
    });
}
