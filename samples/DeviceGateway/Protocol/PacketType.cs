namespace DeviceGateway.Protocol;

/// <summary>The type of a packet: its "protocol number".</summary>
public enum PacketType : byte
{
    /// <summary>A tracker's login.</summary>
    Login = 0x01,

    /// <summary>A tracker's position.</summary>
    Position = 0x12,

    /// <summary>A tracker's sign that it is alive.</summary>
    Heartbeat = 0x13,

    /// <summary>A tracker's reply to a command; always in a long packet.</summary>
    CommandReply = 0x21,

    /// <summary>A command to a tracker.</summary>
    Command = 0x80,
}
