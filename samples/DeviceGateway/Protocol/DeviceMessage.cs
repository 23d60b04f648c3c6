namespace DeviceGateway.Protocol;

/// <summary>A tracker's messages.</summary>
public abstract record DeviceMessage
{
    /// <summary>The tracker's counter; an acknowledgement repeats it.</summary>
    public ushort Serial { get; init; }
}

/// <summary>The login: the first message of every connection.</summary>
/// <param name="Imei">15 digits.</param>
public sealed record Login(string Imei) : DeviceMessage;

/// <summary>A sign that the tracker is alive.</summary>
/// <param name="Status">Bits: ignition, charging, alarm, cut-off.</param>
/// <param name="Voltage">0 (empty) to 6 (full).</param>
/// <param name="Signal">0 (none) to 4 (strong).</param>
public sealed record Heartbeat(byte Status, byte Voltage, byte Signal) : DeviceMessage;

/// <summary>A position.</summary>
/// <param name="Time">UTC, to the second.</param>
/// <param name="Latitude">Degrees, positive in the north.</param>
/// <param name="Longitude">Degrees, positive in the east.</param>
/// <param name="Speed">km/h.</param>
/// <param name="Course">Degrees, clockwise from the north.</param>
/// <param name="Satellites">Satellites in view.</param>
/// <param name="HasFix">False without satellite reception, for example under a roof: then this is the last known position.</param>
public sealed record Position(
    DateTime Time, double Latitude, double Longitude, byte Speed, int Course, int Satellites, bool HasFix = true) : DeviceMessage;

/// <summary>The reply to a command.</summary>
/// <param name="Command">The command's number.</param>
/// <param name="Text">Such as <c>DYD=Success!</c>.</param>
public sealed record CommandReply(uint Command, string Text) : DeviceMessage;

/// <summary>A message of a type that this gateway does not know. Trackers have dozens of types; closing the connection would not
/// help.</summary>
/// <param name="Type">Its number.</param>
public sealed record OtherMessage(byte Type) : DeviceMessage;
