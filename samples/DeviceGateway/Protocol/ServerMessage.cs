namespace DeviceGateway.Protocol;

/// <summary>The gateway's messages.</summary>
public abstract record ServerMessage;

/// <summary>"I have your message": the same type and serial number, and no content.</summary>
/// <param name="Type">The message's type.</param>
/// <param name="Serial">The message's serial number.</param>
public sealed record Acknowledgement(PacketType Type, ushort Serial) : ServerMessage;

/// <summary>A command to a tracker.</summary>
/// <param name="Text">In ASCII, such as <c>DYD#</c>.</param>
public sealed record Command(string Text) : ServerMessage
{
    /// <summary>The longest text: a command has the shorter header, whose length is one byte.</summary>
    public const int GreatestLength = 245;

    /// <summary>The command's number. The reply repeats it, and is matched with its request by it.</summary>
    public uint Number { get; init; }
}
