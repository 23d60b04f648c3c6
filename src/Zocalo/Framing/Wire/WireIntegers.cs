using System.Buffers.Binary;

namespace Zocalo.Framing.Wire;

/// <summary>An unsigned integer on the wire. Each width and byte order is a type, so that they are constants in the code that reads
/// them.</summary>
internal interface IWireInteger
{
    /// <summary>Bytes.</summary>
    static abstract int Width { get; }

    /// <summary>Reads the first <see cref="Width"/> bytes.</summary>
    static abstract ulong Read(ReadOnlySpan<byte> bytes);
}

internal readonly struct U8 : IWireInteger
{
    public static int Width => 1;

    public static ulong Read(ReadOnlySpan<byte> bytes) => bytes[0];
}

internal readonly struct U16Be : IWireInteger
{
    public static int Width => 2;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);
}

internal readonly struct U16Le : IWireInteger
{
    public static int Width => 2;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes);
}

internal readonly struct U24Be : IWireInteger
{
    public static int Width => 3;

    public static ulong Read(ReadOnlySpan<byte> bytes) => ((uint)BinaryPrimitives.ReadUInt16BigEndian(bytes) << 8) | bytes[2];
}

internal readonly struct U24Le : IWireInteger
{
    public static int Width => 3;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16LittleEndian(bytes) | ((uint)bytes[2] << 16);
}

internal readonly struct U32Be : IWireInteger
{
    public static int Width => 4;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32BigEndian(bytes);
}

internal readonly struct U32Le : IWireInteger
{
    public static int Width => 4;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt32LittleEndian(bytes);
}

internal readonly struct U64Be : IWireInteger
{
    public static int Width => 8;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64BigEndian(bytes);
}

internal readonly struct U64Le : IWireInteger
{
    public static int Width => 8;

    public static ulong Read(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt64LittleEndian(bytes);
}
