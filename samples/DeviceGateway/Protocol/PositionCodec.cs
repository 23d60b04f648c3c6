using Zocalo;

namespace DeviceGateway.Protocol;

/// <summary>A position as 18 bytes, and 8 bytes that name the radio cell, which this gateway ignores.</summary>
public static class PositionCodec
{
    /// <summary>Bytes of the content.</summary>
    public const int Length = 18 + CellLength;

    private const int CellLength = 8;
    private const double UnitsPerDegree = 60 * 30000;   // latitude and longitude count 1/30000 of a minute
    private const int HasFix = 1 << 12;                 // the upper bits of the course
    private const int IsWest = 1 << 11;
    private const int IsNorth = 1 << 10;
    private const int CourseBits = (1 << 10) - 1;

    /// <summary>Reads a position.</summary>
    public static Position Read(ref WireReader content)
    {
        var time = new DateTime(
            2000 + content.ReadByte(),
            content.ReadByte(),
            content.ReadByte(),
            content.ReadByte(),
            content.ReadByte(),
            content.ReadByte(),
            DateTimeKind.Utc);
        var satellites = content.ReadByte() & 0x0F;
        var latitude = content.ReadUInt32BigEndian() / UnitsPerDegree;
        var longitude = content.ReadUInt32BigEndian() / UnitsPerDegree;
        var speed = content.ReadByte();
        var course = content.ReadUInt16BigEndian();
        return new(
            time,
            (course & IsNorth) != 0 ? latitude : -latitude,
            (course & IsWest) != 0 ? -longitude : longitude,
            speed,
            course & CourseBits,
            satellites,
            (course & HasFix) != 0);
    }

    /// <summary>Writes a position.</summary>
    public static void Write(WireWriter writer, Position position)
    {
        var time = position.Time;
        foreach (var part in (int[])[time.Year - 2000, time.Month, time.Day, time.Hour, time.Minute, time.Second])
        {
            writer.WriteByte(checked((byte)part));
        }
        writer.WriteByte((byte)(0xC0 | position.Satellites));       // 0xC: the length of the satellite data, this byte included
        writer.WriteUInt32BigEndian((uint)Math.Round(Math.Abs(position.Latitude) * UnitsPerDegree));
        writer.WriteUInt32BigEndian((uint)Math.Round(Math.Abs(position.Longitude) * UnitsPerDegree));
        writer.WriteByte(position.Speed);
        var flags = (position.HasFix ? HasFix : 0) | (position.Latitude >= 0 ? IsNorth : 0) | (position.Longitude < 0 ? IsWest : 0);
        writer.WriteUInt16BigEndian((ushort)(position.Course | flags));
        writer.WriteBytes(stackalloc byte[CellLength]);
    }
}
