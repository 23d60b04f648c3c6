using System.Buffers;
using System.Text;
using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>A tracker's messages as packets. A malformed message throws here, which ends the connection with
/// <see cref="EndReason.ProtocolError"/>.</summary>
public static class DeviceMessageCodec
{
    private const int TextIsAscii = 1;

    /// <summary>Reads the message in a frame, and keeps no reference to the frame. Bytes after the known fields are ignored: newer firmware
    /// sends more fields.</summary>
    public static DeviceMessage Read(Frame frame)
    {
        var packet = Packet.Read(frame);
        var content = new WireReader(packet.Content);
        DeviceMessage message = packet.Type switch
        {
            PacketType.Login => new Login(ReadImei(ref content)),
            PacketType.Heartbeat => new Heartbeat(content.ReadByte(), content.ReadByte(), content.ReadByte()),
            PacketType.Position => PositionCodec.Read(ref content),
            PacketType.CommandReply => ReadReply(ref content),
            _ => new OtherMessage((byte)packet.Type),
        };
        return message with { Serial = packet.Serial };
    }

    /// <summary>Writes a message as the payload of a frame.</summary>
    public static void Write(DeviceMessage message, IBufferWriter<byte> into)
    {
        WireWriter writer;
        switch (message)
        {
            case Login login:
                writer = Packet.Begin(into, PacketType.Login, 8);
                writer.WriteBytes(Convert.FromHexString(login.Imei.PadLeft(16, '0')));
                break;
            case Heartbeat heartbeat:
                writer = Packet.Begin(into, PacketType.Heartbeat, 5);
                writer.WriteByte(heartbeat.Status);
                writer.WriteByte(heartbeat.Voltage);
                writer.WriteByte(heartbeat.Signal);
                writer.WriteUInt16BigEndian(1);     // no alarm; the language
                break;
            case Position position:
                writer = Packet.Begin(into, PacketType.Position, PositionCodec.Length);
                PositionCodec.Write(writer, position);
                break;
            case CommandReply reply:
                writer = Packet.Begin(into, PacketType.CommandReply, 5 + reply.Text.Length);
                writer.WriteUInt32BigEndian(reply.Command);
                writer.WriteByte(TextIsAscii);
                writer.WriteAscii(reply.Text);
                break;
            default:
                throw new ArgumentException($"A tracker sends no {message.GetType().Name}.", nameof(message));
        }
        writer.WriteUInt16BigEndian(message.Serial);
    }

    /// <summary>Sixteen decimal digits in eight bytes; the first is a zero.</summary>
    private static string ReadImei(ref WireReader content)
    {
        var digits = Convert.ToHexString(content.ReadBytes(8).Span);
        return digits[0] == '0' && digits.All(char.IsAsciiDigit)
            ? digits[1..]
            : throw new FormatException("an IMEI has fifteen decimal digits");
    }

    private static CommandReply ReadReply(ref WireReader content)
    {
        var command = content.ReadUInt32BigEndian();
        var encoding = content.ReadByte() == TextIsAscii ? Encoding.ASCII : Encoding.BigEndianUnicode;
        return new(command, encoding.GetString(content.ReadRest().Span));
    }
}
