using System.Buffers;
using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>The gateway's messages as packets.</summary>
public static class ServerMessageCodec
{
    /// <summary>Reads the message in a frame, and keeps no reference to the frame.</summary>
    public static ServerMessage Read(Frame frame)
    {
        var packet = Packet.Read(frame);
        if (packet.Type != PacketType.Command)
        {
            return new Acknowledgement(packet.Type, packet.Serial);
        }
        var content = new WireReader(packet.Content);
        var length = content.ReadByte();
        var number = content.ReadUInt32BigEndian();
        return new Command(content.ReadAscii(length - 4)) { Number = number };
    }

    /// <summary>Writes a message as the payload of a frame.</summary>
    public static void Write(ServerMessage message, IBufferWriter<byte> into)
    {
        switch (message)
        {
            case Acknowledgement acknowledgement:
                Packet.Begin(into, acknowledgement.Type, 0).WriteUInt16BigEndian(acknowledgement.Serial);
                break;
            case Command command:
                var writer = Packet.Begin(into, PacketType.Command, 1 + 4 + command.Text.Length);
                writer.WriteByte((byte)(4 + command.Text.Length));
                writer.WriteUInt32BigEndian(command.Number);
                writer.WriteAscii(command.Text);
                writer.WriteUInt16BigEndian((ushort)command.Number);
                break;
            default:
                throw new ArgumentException($"The gateway sends no {message.GetType().Name}.", nameof(message));
        }
    }
}
