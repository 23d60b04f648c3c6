using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>What both sides agree on: the packets, what they mean, and which packet is the reply to which.</summary>
public static class TrackerProtocol
{
    /// <summary>The gateway's side.</summary>
    public static Protocol<DeviceMessage, ServerMessage> OfGateway { get; } =
        Packet.Format.Map<DeviceMessage, ServerMessage>(
            DeviceMessageCodec.Read, ServerMessageCodec.Write).WithRepliesById(new CommandNumbers());

    /// <summary>The tracker's side.</summary>
    public static Protocol<ServerMessage, DeviceMessage> OfTracker { get; } =
        Packet.Format.Map<ServerMessage, DeviceMessage>(
            ServerMessageCodec.Read, DeviceMessageCodec.Write).WithRepliesById(new SerialNumbers());

    /// <summary>Of the gateway's messages only a command has a reply, and the reply repeats its number.</summary>
    private sealed class CommandNumbers : ICorrelation<DeviceMessage, ServerMessage>
    {
        public long GreatestId => uint.MaxValue;

        public ServerMessage WithId(ServerMessage request, long id) => (Command)request with { Number = (uint)id };

        public bool TryGetReplyId(DeviceMessage message, out long id)
        {
            id = (message as CommandReply)?.Command ?? 0;
            return message is CommandReply;
        }
    }

    /// <summary>A message that a tracker wants acknowledged has a serial number, and the acknowledgement repeats it.</summary>
    private sealed class SerialNumbers : ICorrelation<ServerMessage, DeviceMessage>
    {
        public long GreatestId => ushort.MaxValue;

        public DeviceMessage WithId(DeviceMessage request, long id) => request with { Serial = (ushort)id };

        public bool TryGetReplyId(ServerMessage message, out long id)
        {
            id = (message as Acknowledgement)?.Serial ?? 0;
            return message is Acknowledgement;
        }
    }
}
