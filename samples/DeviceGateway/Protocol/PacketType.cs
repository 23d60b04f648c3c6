namespace DeviceGateway.Protocol;

/// <summary>What a packet is for: its "protocol number".</summary>
public enum PacketType : byte
{
    /// <summary>A tracker says who it is.</summary>
    Login = 0x01,

    /// <summary>A tracker says where it is.</summary>
    Position = 0x12,

    /// <summary>A tracker says that it is alive.</summary>
    Heartbeat = 0x13,

    /// <summary>A tracker's reply to a command; always in a long packet.</summary>
    CommandReply = 0x21,

    /// <summary>The gateway tells a tracker to do something.</summary>
    Command = 0x80,
}
